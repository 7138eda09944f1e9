"""The contract of every type of callback: its parameters in order, when each is there, and what
its value looks like. Written down from SignalWire's manuals, not from our code.

`known` is what is known of a resource when it is told: words such as `sip` or `media`.
"""

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
RFC_2822 = (
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d \+0000"
)
ISO_8601 = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
PARTY = r"\+[1-9]\d{3,14}|\d{3,6}|sips?:\S+|client:\S+"
COUNT = r"0|[1-9]\d*"
URL = r"https?://\S+"
URL_OR_EMPTY = rf"({URL})?"
CODE = r"\d{5}"

DIALECTS = ["signalwire", "signalwire-strict", "twilio"]
CALL_ENDS = ["completed", "busy", "no-answer", "failed", "canceled"]

COUNTERS = """AudioInAveragePtime AudioInDtmfPacketCount AudioInFlushPacketCount
    AudioInJitterMaxVariance AudioInJitterMinVariance AudioInLargestJbSize
    AudioInMediaPacketCount AudioInSkipPacketCount AudioOutDtmfPacketCount
    AudioOutMediaPacketCount""".split()


def voice(dialect, status, known):
    over = status in CALL_ENDS
    yield from ["AccountSid", "ApiVersion", "CallSid"]
    if "parent" in known:
        yield "ParentCallSid"
    yield from ["CallStatus", "Direction", "From", "To", "CallbackSource", "SequenceNumber"]
    yield "Timestamp"
    if over:
        yield "CallDuration"
    if "forwarded" in known:
        yield "ForwardedFrom"
    if "caller_name" in known:
        yield "CallerName"
    if "recording" in known:
        yield from ["RecordingSid", "RecordingUrl", "RecordingDuration"]
    if "sip" in known:
        yield from ["SipResultCode", "SipInviteResultPhrase"]
    if "media" in known or dialect == "signalwire-strict":
        yield "AudioInMos"
    if "media" in known or dialect != "twilio":
        yield from COUNTERS
    if dialect == "signalwire-strict":
        return
    if over and "hangup" in known:
        yield from ["HangupBy", "HangupDirection"]
    if "answered_by" in known:
        yield "AnsweredBy"
    if dialect == "twilio":
        yield from ["Called", "Caller"]
        if over:
            yield "Duration"
        if over and "sip" in known:
            yield "SipResponseCode"


VOICE = {
    "AccountSid": UUID,
    "ApiVersion": "2010-04-01",
    "CallSid": UUID,
    "ParentCallSid": UUID,
    "CallStatus": "initiated|ringing|answered|in-progress|" + "|".join(CALL_ENDS),
    "Direction": "inbound|outbound-api|outbound-dial",
    "From": PARTY,
    "To": PARTY,
    "CallbackSource": "call-progress-events",
    "SequenceNumber": COUNT,
    "Timestamp": RFC_2822,
    "CallDuration": COUNT,
    "ForwardedFrom": PARTY,
    "CallerName": ".+",
    "RecordingSid": UUID,
    "RecordingUrl": URL,
    "RecordingDuration": COUNT,
    "SipResultCode": r"[1-6]\d\d",
    "SipInviteResultPhrase": ".+",
    "AudioInMos": r"[1-5]\.\d+|0\.0",
    **dict.fromkeys(COUNTERS, COUNT),
    "HangupBy": PARTY,
    "HangupDirection": "inbound|outbound",
    "AnsweredBy": "human|machine",
    "Called": PARTY,
    "Caller": PARTY,
    "Duration": COUNT,
    "SipResponseCode": r"[1-6]\d\d",
}


def inbound_call(dialect, status, known):
    yield from ["CallSid", "AccountSid", "From", "To", "Timestamp", "CallStatus", "CallDuration"]
    if "media" in known or dialect == "signalwire-strict":
        yield "AudioInMos"


INBOUND_CALL = {
    "CallSid": UUID,
    "AccountSid": UUID,
    "From": PARTY,
    "To": PARTY,
    "Timestamp": RFC_2822,
    "CallStatus": "|".join(CALL_ENDS),
    "CallDuration": COUNT,
    "AudioInMos": r"[1-5]\.\d+|0\.0",
}


def message(dialect, status, known):
    yield "MessageStatus"
    if status in ("failed", "undelivered") and "error" in known:
        yield "ErrorCode"
    yield from ["MessageSid", "AccountSid", "From", "To", "Body", "NumMedia", "NumSegments"]
    if dialect == "signalwire-strict":
        return
    for number in range(sum(word == "media" for word in known)):
        yield from [f"MediaUrl{number}", f"MediaContentType{number}"]
    if dialect == "twilio":
        yield from ["SmsSid", "SmsStatus", "ApiVersion"]


MESSAGE_STATUS = "queued|sending|sent|delivered|undelivered|failed|receiving|received"
MESSAGE = {
    "MessageStatus": MESSAGE_STATUS,
    "ErrorCode": CODE,
    "MessageSid": UUID,
    "AccountSid": UUID,
    "From": PARTY,
    "To": PARTY,
    "Body": "(?s).*",
    "NumMedia": "[0-8]",
    "NumSegments": r"[1-9]\d*",
    **{f"MediaUrl{number}": URL for number in range(8)},
    **{f"MediaContentType{number}": r"\w+/\S+" for number in range(8)},
    "SmsSid": UUID,
    "SmsStatus": MESSAGE_STATUS,
    "ApiVersion": "2010-04-01",
}


def message_json(dialect, status, known):
    yield from ["id", "project_id", "status", "to", "from", "body", "number_of_segments"]
    yield from ["timestamp", "error_code", "error_message"]
    if "variables" in known:
        yield "custom_variables"


MESSAGE_JSON = {
    "id": UUID,
    "project_id": UUID,
    "status": "queued|initiated|sent|delivered|undelivered|failed",
    "to": PARTY,
    "from": PARTY,
    "body": "(?s).*",
    "number_of_segments": r"[1-9]\d*",
    "timestamp": ISO_8601,
    "error_code": rf"{CODE}|null",
    "error_message": ".+",
    "custom_variables": r"\[.*\]",
}
# Everything else is text.
TYPES_IN_JSON = {
    "number_of_segments": int,
    "error_code": (str, type(None)),
    "error_message": (str, type(None)),
    "custom_variables": list,
}


def recording(dialect, status, known):
    yield from ["AccountSid", "CallSid", "RecordingSid", "RecordingUrl", "RecordingStatus"]
    yield from ["RecordingDuration", "RecordingChannels", "RecordingSource"]
    if dialect == "signalwire-strict":
        return
    if "track" in known:
        yield "RecordingTrack"
    if "conference" in known:
        yield "ConferenceSid"
    if status == "failed" and "error" in known:
        yield "ErrorCode"


RECORDING = {
    "AccountSid": UUID,
    "CallSid": UUID,
    "RecordingSid": UUID,
    "RecordingUrl": URL_OR_EMPTY,
    "RecordingStatus": "in-progress|completed|absent|failed",
    "RecordingDuration": COUNT,
    "RecordingChannels": "1|2",
    "RecordingSource": "DialVerb|Conference|Trunking|RecordVerb|OutBoundApi|OutboundAPI|"
    "StartCallRecordingApi|StartCallRecordingAPI|StartConferenceRecording(API)?",
    "RecordingTrack": "inbound|outbound|both",
    "ConferenceSid": UUID,
    "ErrorCode": CODE,
}


def transcription(dialect, status, known):
    yield from ["TranscriptionSid", "TranscriptionText", "TranscriptionStatus"]
    yield from ["TranscriptionUrl", "RecordingSid", "RecordingUrl"]
    if dialect == "signalwire-strict":
        return
    yield from ["CallSid", "From", "To", "AccountSid", "ApiVersion"]
    if "call" in known:
        yield from ["CallStatus", "Direction"]
    if "length" in known:
        yield "RecordingDuration"


TRANSCRIPTION = {
    "TranscriptionSid": UUID,
    "TranscriptionText": "(?s).*",
    "TranscriptionStatus": "completed|failed",
    "TranscriptionUrl": URL_OR_EMPTY,
    "RecordingSid": UUID,
    "RecordingUrl": URL_OR_EMPTY,
    "CallSid": UUID,
    "From": PARTY,
    "To": PARTY,
    "AccountSid": UUID,
    "ApiVersion": "2010-04-01",
    "CallStatus": "queued|initiated|ringing|in-progress|" + "|".join(CALL_ENDS),
    "Direction": "inbound|outbound-api|outbound-dial",
    "RecordingDuration": COUNT,
}


def ten_dlc(dialect, status, known):
    yield from ["project_id", "event_at", "event_category", "event_type", "state", "brand_id"]
    if "campaign" in known:
        yield "campaign_id"
    if "order" in known:
        yield "number_assignment_order_id"
    if "assignment" in known:
        yield from ["number_assignment_id", "phone_number_id", "phone_number"]


TEN_DLC = {
    "project_id": UUID,
    "event_at": ISO_8601,
    "event_category": "brand|campaign|number_assignment_order|number_assignment",
    "event_type": "brand_activated|brand_unverified|campaign_activated|campaign_deactivated|"
    "number_assignment_activated|number_assignment_failed|number_assignment_order_processed|"
    "number_assignment_pending",
    "state": "completed|unverified|active|inactive|processed|failed|pending",
    "brand_id": UUID,
    "campaign_id": UUID,
    "number_assignment_order_id": UUID,
    "number_assignment_id": UUID,
    "phone_number_id": UUID,
    "phone_number": PARTY,
}

# The names of each type's parameters, their formats, the one that has the status and the one
# that has the SID.
TYPES = {
    "inbound-call": (inbound_call, INBOUND_CALL, "CallStatus", "CallSid"),
    "voice": (voice, VOICE, "CallStatus", "CallSid"),
    "message": (message, MESSAGE, "MessageStatus", "MessageSid"),
    "message-json": (message_json, MESSAGE_JSON, "status", "id"),
    "recording": (recording, RECORDING, "RecordingStatus", "RecordingSid"),
    "transcription": (transcription, TRANSCRIPTION, "TranscriptionStatus", "TranscriptionSid"),
    "ten-dlc": (ten_dlc, TEN_DLC, "state", None),
}


def told(kind, dialect, statuses):
    """The statuses that callbacks have, of those that a resource goes through."""
    for status in statuses:
        match kind, dialect, status:
            case "inbound-call", "twilio", end:
                yield end
            case "inbound-call", _, end:
                yield "completed" if end == "completed" else "failed"
            case "voice", _, "queued":
                pass
            case "voice", "signalwire", "in-progress":
                yield from ["answered", "in-progress"]
            case "message-json", _, "sending":
                yield "initiated"
            case "message", "twilio", "queued":
                pass
            case "recording", "signalwire-strict", "failed":
                pass
            case _:
                yield status
