"""What there is on a server, to be named by requests that are made up."""

from schemas.exchange import REGISTRY, Rest
from schemas.registering import MANAGED_BRAND, MANAGED_CAMPAIGN
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
        self.scenes = Scenes(self.rest, sockets)
        self.applications = [self.make("/Applications", FriendlyName="app") for _ in range(EACH)]
        self.numbers = [self.make("/IncomingPhoneNumbers", AreaCode="206") for _ in range(EACH)]
        self.calls = [self.live_call() for _ in range(EACH)]
        # These stay, with what belongs to them.
        self.call = self.live_call()
        self.recordings = [self.make(f"/Calls/{self.call}/Recordings") for _ in range(EACH)]
        self.message = self.make("/Messages", To=THEIRS, From=OURS, MediaUrl=MEDIA)
        self.media = self.sids(f"Messages/{self.message}/Media", "media_list")
        self.register()

    def live_call(self):
        call = self.scenes.call("completed", verbs=LIVE)
        self.scenes.stands(call, "in-progress")
        return call

    def register(self):
        """A brand, its campaign, an order and its assignments; numbers for further ones."""
        self.brand = self.registers("/brands", MANAGED_BRAND)
        below = {"brand_id": self.brand}
        self.campaign = self.registers(f"/brands/{self.brand}/campaigns", MANAGED_CAMPAIGN | below)
        numbers = {"phone_numbers": [self.scenes.take() for _ in range(EACH)]}
        orders = f"/campaigns/{self.campaign}/orders"
        self.order = self.registers(orders, numbers)
        assigned = self.rest.get(f"{REGISTRY}/campaigns/{self.campaign}/numbers")["data"]
        self.assignments = [each["id"] for each in assigned]
        for each in self.assignments:
            self.scenes.stands(each, "completed")
        self.free_numbers = [self.scenes.take() for _ in range(EACH)]

    def registers(self, path, value):
        return self.rest.done("POST", REGISTRY + path, value=value)["id"]

    def make(self, path, **form):
        return self.rest.post(path, **form)["sid"]

    def sids(self, path, key):
        found = self.rest.get(f"{self.rest.account}/{path}?PageSize=20")[key]
        return [each["sid"] for each in found]

    def path_parameters(self):
        """Values of the published path parameters, by their names in the document."""
        messages = [sid for sid in self.sids("Messages", "messages") if sid != self.message]
        calls = [sid for sid in self.sids("Calls", "calls") if sid != self.call]
        return {
            "AccountPathSid": [self.rest.dev.project],
            "CallSidPathForRecording": self.calls,
            "CallSidPath": calls,
            "ApplicationPathSid": self.applications,
            "IncomingPhoneNumberSidPath": self.numbers,
            "MessageSidPathForMedia": [self.message],
            "MessageSidPath": messages,
            "RecordingSidPath": self.sids("Recordings", "recordings"),
            "TranscriptionSidPath": self.sids("Transcriptions", "transcriptions"),
            "BrandPathID": [self.brand],
            "CampaignPathID": [self.campaign],
            "OrderPathID": [self.order],
            "AssignedNumberPathID": self.assignments,
        }

    def pairs(self):
        """Of paths that name two things, the second of which has to belong to the first."""
        account = {"AccountSid": [self.rest.dev.project]}
        call, message = {"CallSid": [self.call]}, {"MessageSid": [self.message]}
        return {
            "/Calls/{CallSid}/Recordings/{Sid}": account | call | {"Sid": self.recordings},
            "/Messages/{MessageSid}/Media/{Sid}": account | message | {"Sid": self.media},
        }

    def values(self):
        """Of bodies: ids and URLs that are taken here."""
        one_number = {"type": "array", "items": {"enum": self.free_numbers}, "maxItems": 1}
        return {
            "brand_id": {"enum": [self.brand]},
            "phone_numbers": one_number | {"minItems": 1},
            "status_callback_url": {"enum": [self.scenes.url("ten-dlc")]},
        }
