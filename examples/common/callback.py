"""A callback: whom it is about, what happened, and what it came after.

A callback can arrive twice, late, and behind one that happened after it. `key` is the same
however often it arrives, and `place` says where it stands among those of its resource.
"""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime

# A message has no sequence number: its order is that of its statuses.
MESSAGE = ("queued", "sending", "sent", "delivered")
ENDS_OF_MESSAGES = ("delivered", "undelivered", "failed")
RECORDING = ("in-progress", "completed")
# A call that is over; everything before it has another status.
ENDS_OF_CALLS = ("completed", "busy", "no-answer", "failed", "canceled")
# `event_at` of 10DLC has whole seconds: within one, what comes first by its nature.
REGISTRY = ("unverified", "failed", "pending", "active", "completed")

SIDS = ("MessageSid", "TranscriptionSid", "RecordingSid", "CallSid")
STATUSES = ("MessageStatus", "TranscriptionStatus", "RecordingStatus", "CallStatus")


@dataclass(frozen=True)
class Callback:
    """The parameters of a callback that is certainly the platform's."""

    params: dict[str, str]

    def __getitem__(self, name: str) -> str:
        """A parameter; an empty text if it was not sent, as many are only sent sometimes."""
        return self.params.get(name, "")

    @property
    def kind(self) -> str:
        """`call`, `message`, `recording`, `transcription`, or what 10DLC calls a category."""
        if "event_category" in self.params:
            return self.params["event_category"]
        # The callback of a call can have a RecordingSid, so the status decides.
        return next(name[: -len("Status")].lower() for name in STATUSES if name in self.params)

    @property
    def sid(self) -> str:
        if "event_category" in self.params:
            return self[f"{self.kind}_id"]
        return self[f"{self.kind.capitalize()}Sid"]

    @property
    def status(self) -> str:
        if "event_category" in self.params:
            return self["state"]
        return self[f"{self.kind.capitalize()}Status"]

    @property
    def is_end(self) -> bool:
        """Whether nothing comes after it, for a call or a message."""
        return self.status in (ENDS_OF_CALLS if self.kind == "call" else ENDS_OF_MESSAGES)

    @property
    def key(self) -> str:
        """The same in every attempt. All of it was signed, unlike the headers."""
        return f"{self.sid}/{self.status}/{self['SequenceNumber'] or self['event_at']}"

    @property
    def place(self) -> str:
        """Greater, as a text, than that of everything that came before it."""
        if self.kind == "call":
            return f"{int(self['SequenceNumber'] or 0):06d}"
        if self.kind == "message":
            return str(rank(MESSAGE, self.status))
        if self.kind in ("recording", "transcription"):
            return str(rank(RECORDING, self.status))
        return f"{self['event_at']} {rank(REGISTRY, self.status)}"

    @property
    def at(self) -> str:
        """When it happened, in UTC, as `2026-11-23 15:52:06`; empty if it does not say."""
        if self["Timestamp"]:
            return f"{parsedate_to_datetime(self['Timestamp']):%Y-%m-%d %H:%M:%S}"
        return self["event_at"].replace("T", " ").removesuffix("Z")


def rank(order: tuple[str, ...], status: str) -> int:
    """Where a status stands; what is not in the list stands where the last one does: an end."""
    return order.index(status) if status in order else len(order) - 1
