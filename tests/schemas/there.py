"""What there is on a server, to be named by requests that are made up."""

from schemas.exchange import Rest
from schemas.scenes import OURS, THEIRS, Scenes

# A document that keeps a call for longer than any test takes.
LIVE = '<Pause length="100000"/>'
# How many of each there are: some are deleted or ended on the way.
EACH = 8
MEDIA = [f"https://app.example/{number}.png" for number in range(EACH)]


class There:
    """Resources of every kind; on a server on which everything happened before."""

    def __init__(self, dev, sockets):
        self.rest = Rest(dev)
        scenes = Scenes(self.rest, sockets)
        self.applications = [self.make("/Applications", FriendlyName="app") for _ in range(EACH)]
        self.numbers = [self.make("/IncomingPhoneNumbers", AreaCode="206") for _ in range(EACH)]
        self.calls = [scenes.call("completed", verbs=LIVE) for _ in range(EACH)]
        for call in self.calls:
            scenes.stands(call, "in-progress")
        self.recorded = [self.make(f"/Calls/{call}/Recordings") for call in self.calls]
        self.message = self.make("/Messages", To=THEIRS, From=OURS, MediaUrl=MEDIA)

    def make(self, path, **form):
        return self.rest.post(path, **form)["sid"]

    def sids(self, path, key):
        found = self.rest.get(f"{self.rest.account}/{path}?PageSize=20")[key]
        return [each["sid"] for each in found]

    def path_parameters(self):
        """Values of the published path parameters, by their names in the document."""
        # The one that has media stays.
        messages = [sid for sid in self.sids("Messages", "messages") if sid != self.message]
        media = self.sids(f"Messages/{self.message}/Media", "media_list")
        return {
            "AccountPathSid": [self.rest.dev.project],
            "CallSidPathForRecording": self.calls,
            "CallSidPath": [*self.calls, *self.recorded, *self.sids("Calls", "calls")],
            "ApplicationPathSid": self.applications,
            "IncomingPhoneNumberSidPath": self.numbers,
            "MessageSidPathForMedia": [self.message],
            "MessageSidPath": messages,
            "MediaSidPath": media,
            "RecordingSidPath": self.sids("Recordings", "recordings"),
            "TranscriptionSidPath": self.sids("Transcriptions", "transcriptions"),
        }
