"""The contract of the callbacks: every parameter in its order, and which event has which."""

# SignalWire's `VoiceStatusCallbackPayload`, then what its cXML overview and
# answering-machine detection add.
VOICE = """AccountSid ApiVersion CallSid ParentCallSid CallStatus Direction From To
    CallbackSource SequenceNumber Timestamp CallDuration ForwardedFrom CallerName RecordingSid
    RecordingUrl RecordingDuration SipResultCode SipInviteResultPhrase AudioInMos
    AudioInAveragePtime AudioInDtmfPacketCount AudioInFlushPacketCount
    AudioInJitterMaxVariance AudioInJitterMinVariance AudioInLargestJbSize
    AudioInMediaPacketCount AudioInSkipPacketCount AudioOutDtmfPacketCount
    AudioOutMediaPacketCount HangupBy HangupDirection AnsweredBy""".split()

# SignalWire's `SmsStatusCallbackPayload`; the media of a messaging request follow it.
MESSAGE = """MessageStatus ErrorCode MessageSid AccountSid From To Body NumMedia
    NumSegments""".split()

# SignalWire's `TranscriptionStatusCallbackPayload`, then what its samples read beside it and its
# cXML overview calls standard.
TRANSCRIPTION_STRICT = """TranscriptionSid TranscriptionText TranscriptionStatus TranscriptionUrl
    RecordingSid RecordingUrl""".split()
TRANSCRIPTION = (
    TRANSCRIPTION_STRICT
    + """CallSid From To AccountSid ApiVersion CallStatus Direction RecordingDuration""".split()
)

SIP = ["SipResultCode", "SipInviteResultPhrase"]
HANGUP = ["HangupBy", "HangupDirection"]
COUNTERS = [name for name in VOICE if name.startswith("Audio") and name != "AudioInMos"]

ALWAYS_OF_A_CALL = """AccountSid ApiVersion CallSid CallStatus Direction From To CallbackSource
    SequenceNumber Timestamp""".split()

# In dialect `signalwire`, of a call that is answered.
OF_STATUS = {
    "initiated": ALWAYS_OF_A_CALL + COUNTERS,
    "ringing": ALWAYS_OF_A_CALL + SIP + COUNTERS,
    "answered": ALWAYS_OF_A_CALL + SIP + COUNTERS,
    "in-progress": ALWAYS_OF_A_CALL + SIP + COUNTERS,
    "completed": ALWAYS_OF_A_CALL + ["CallDuration"] + SIP + ["AudioInMos"] + COUNTERS + HANGUP,
}

CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
ANSWERED_CALL = ["initiated", "ringing", "answered", "in-progress", "completed"]
DELIVERED_MESSAGE = ["queued", "sending", "sent", "delivered"]

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
RFC_2822 = (
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d \+0000"
)


def in_order_of(contract, names):
    """`names` in the order that the contract gives them."""
    return [name for name in contract if name in names]
