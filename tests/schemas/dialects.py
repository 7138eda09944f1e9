"""How the dialects differ, by name: what each sends beyond SignalWire's published payloads, what
it leaves out of them, and which values it has that they do not have, or they and it has not.
"""

DIALECTS = ["signalwire", "signalwire-strict", "twilio"]

COUNTERS = """AudioInAveragePtime AudioInDtmfPacketCount AudioInFlushPacketCount
    AudioInJitterMaxVariance AudioInJitterMinVariance AudioInLargestJbSize
    AudioInMediaPacketCount AudioInSkipPacketCount AudioOutDtmfPacketCount
    AudioOutMediaPacketCount""".split()
OF_A_HANGUP = ["HangupBy", "HangupDirection"]
OF_MEDIA = ["MediaUrl{N}", "MediaContentType{N}"]
OF_A_TRANSCRIBED_CALL = """CallSid From To AccountSid ApiVersion CallStatus Direction
    RecordingDuration""".split()
OF_A_RECORDING = ["RecordingTrack", "ConferenceSid"]

# What is sent beyond the published payloads, all of it and no more.
EXTRAS = {
    "signalwire-strict": {},
    "signalwire": {
        "voice": [*OF_A_HANGUP, "AnsweredBy"],
        "message": OF_MEDIA,
        "recording": [*OF_A_RECORDING, "ErrorCode"],
        "transcription": OF_A_TRANSCRIBED_CALL,
    },
    "twilio": {
        "voice": [*OF_A_HANGUP, "AnsweredBy", "Called", "Caller", "Duration", "SipResponseCode"],
        "message": [*OF_MEDIA, "SmsSid", "SmsStatus", "ApiVersion"],
        "recording": [*OF_A_RECORDING, "ErrorCode"],
        "transcription": OF_A_TRANSCRIBED_CALL,
    },
}

# What is required of a published payload and may be missing all the same: what measures media,
# as long as there is none.
MAY_LACK = {
    "signalwire-strict": {},
    "signalwire": {"voice": ["AudioInMos"], "inbound-call": ["AudioInMos"]},
    "twilio": {"voice": ["AudioInMos", *COUNTERS], "inbound-call": ["AudioInMos"]},
}

# Values that no published payload has.
VALUES = {
    "signalwire-strict": {},
    "signalwire": {
        ("voice", "CallStatus"): ["answered"],
        ("recording", "RecordingStatus"): ["failed"],
    },
    "twilio": {
        ("inbound-call", "CallStatus"): ["busy", "no-answer", "canceled"],
        ("recording", "RecordingStatus"): ["failed"],
        ("recording", "RecordingSource"): ["OutboundAPI", "StartCallRecordingAPI"],
    },
}

# Values that the published payloads have and the dialect is silent about.
SILENT = {
    "signalwire-strict": {},
    "signalwire": {},
    "twilio": {("message", "MessageStatus"): ["queued"]},
}
