"""Every published operation of the REST surfaces, asked for what it answers well, and for what
it refuses with each status that is published for it.
"""

import re

from schemas.exchange import LAML, REGISTRY
from schemas.registering import MANAGED_BRAND, MANAGED_CAMPAIGN, csp_brand, partner_campaign
from schemas.scenes import OURS, RINGS_ON, SAYS, THEIRS, Scenes

UNKNOWN = "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01"
NO_URL = "nonsense"
# The lists of what callbacks tell of.
LISTS = {
    "Calls": "calls",
    "Messages": "messages",
    "Recordings": "recordings",
    "Transcriptions": "transcriptions",
}
# Where calls go, and how they end there.
CALLS = {
    "+15555550486": "busy",
    "+15555550404": "failed",
    "+15555550700": "completed",
    THEIRS: "completed",
}


class Asking:
    """A client that asks for everything once."""

    def __init__(self, rest, sockets, operations):
        self.rest = rest
        self.scenes = Scenes(rest, sockets)
        self.operations = list(operations)

    def all(self):
        self.strangers()
        self.accounts()
        self.applications()
        self.numbers()
        self.messages()
        self.calls()
        self.recordings()
        self.registry()
        self.whatever_happens()

    def strangers(self):
        """Without the right token, of what there is not, and with a body that is no text."""
        for method, path in self.operations:
            if path.startswith(REGISTRY):
                self.strangers_of_the_registry(method, path)
                continue
            known = re.sub(r"\{(AccountSid|Sid)\}$|\{AccountSid\}", self.rest.dev.project, path)
            named = re.sub(r"\{\w+\}", UNKNOWN, path.replace("{AccountSid}", self.rest.dev.project))
            # With the suffix a recording is its description, not its audio.
            body = {"form": {}} if method == "POST" else {}
            self.refused(401, method, f"{named}.json", token="nobody's", **body)
            if "{" in path.replace("{AccountSid}", ""):
                self.refused(404, method, f"{named}.json", **body)
            if body:
                self.refused(400, method, known, form={"Body": b"\xff"})

    def strangers_of_the_registry(self, method, path):
        named = re.sub(r"\{\w+\}", UNKNOWN, path)
        body = {"value": {}} if method in ("POST", "PUT") else {}
        self.refused(401, method, named, token="nobody's", **body)
        if named != path:
            self.refused(404, method, named, **body)

    def refused(self, status, method, path, **more):
        exchange = self.rest.ask(method, path, **more)
        assert exchange.status == status, exchange

    def wrong(self, status, path, method="POST", **form):
        """A request below the account that is refused with this status."""
        more = {"form": form} if method == "POST" else {}
        exchange = self.rest.ask(method, self.rest.account + path, **more)
        assert exchange.status == status, exchange

    def get(self, path):
        return self.rest.get(self.rest.account + path)

    def delete(self, path):
        self.rest.done("DELETE", self.rest.account + path)

    def lists(self, path, key, *filters):
        """A list: whole, page by page, with filters, and with what it refuses; what the last filter
        lets through."""
        whole = self.get(path)
        assert whole[key], f"nothing in the list at {path}"
        page = self.get(f"{path}?PageSize=1")
        if page["next_page_uri"]:
            second = self.rest.get(page["next_page_uri"])
            self.rest.get(second["previous_page_uri"])
        found = [self.get(f"{path}?{each}")[key] for each in filters]
        self.wrong(400, f"{path}?PageSize=0", "GET")
        self.wrong(400, f"{path}?Page=1", "GET")
        self.wrong(400, f"{path}?PageToken=nonsense", "GET")
        return found[-1] if found else whole[key]

    def accounts(self):
        alias = f"AC{self.rest.dev.project.replace('-', '')}"
        self.rest.get(f"{LAML}/Accounts/{alias}")
        made = self.rest.done("POST", f"{LAML}/Accounts", {"FriendlyName": "shop"})
        path = f"{LAML}/Accounts/{made['sid']}"
        self.rest.get(path)
        self.rest.done("POST", path, {"FriendlyName": "renamed"})
        for other in [path, f"{LAML}/Accounts"]:
            assert self.rest.ask("POST", other, {"FriendlyName": ""}).status == 422
        for query in ["", "?PageSize=1", "?FriendlyName=renamed"]:
            self.rest.get(f"{LAML}/Accounts{query}")
        assert self.rest.ask("GET", f"{LAML}/Accounts?PageSize=0").status == 400

    def applications(self):
        for name in ["first", "second"]:
            made = self.rest.post("/Applications", FriendlyName=name, VoiceUrl="http://a.example/")
        path = f"/Applications/{made['sid']}"
        self.rest.post(path, StatusCallback="http://a.example/told", StatusCallbackMethod="GET")
        self.get(path)
        self.lists("/Applications", "applications", "FriendlyName=first")
        self.wrong(422, "/Applications", FriendlyName="")
        self.wrong(422, path, SmsUrl=NO_URL)
        self.delete(path)

    def numbers(self):
        for number in ["+12065550101", "+12065550102"]:
            made = self.rest.post("/IncomingPhoneNumbers", PhoneNumber=number)
        self.rest.post("/IncomingPhoneNumbers", AreaCode="800")
        path = f"/IncomingPhoneNumbers/{made['sid']}"
        self.rest.post(path, VoiceUrl="http://a.example/", FriendlyName="desk")
        self.get(path)
        self.lists("/IncomingPhoneNumbers", "incoming_phone_numbers", "PhoneNumber=*101")
        self.wrong(422, "/IncomingPhoneNumbers", PhoneNumber="5550100001")
        self.wrong(422, path, VoiceMethod="PUT")
        self.delete(path)

    def messages(self):
        order = {"To": THEIRS, "From": OURS, "Body": "hello"}
        media = ["https://app.example/a.png", "https://app.example/b.jpg"]
        made = self.rest.post("/Messages", **order, MediaUrl=media)
        path = f"/Messages/{made['sid']}"
        for to in [THEIRS, "+15555553003", "+15555553001"]:
            self.rest.post("/Messages", **order | {"To": to})
        self.messages_not_sent()
        [first, _] = self.get(f"{path}/Media")["media_list"]
        self.wrong(422, path, Body="other")
        self.wrong(422, "/Messages", **order | {"To": ""})
        self.wrong(422, "/Messages?Status=nonsense", "GET")
        self.wrong(422, f"{path}/Media?DateCreated=nonsense", "GET")
        self.scenes.stands(made["sid"], "sent")
        self.get(path)
        self.get(f"{path}/Media/{first['sid']}")
        self.lists(f"{path}/Media", "media_list", "DateCreated%3E=2020-01-01")
        self.delete(f"{path}/Media/{first['sid']}")
        self.rest.post(path, Body="")
        self.scenes.wait()
        self.lists("/Messages", "messages", "Status=delivered", f"To=%2B{THEIRS[1:]}")
        self.delete(path)

    def messages_not_sent(self):
        """What is forbidden of one that is queued: a platform's, which stays so."""
        media = {"MediaUrl0": "https://app.example/a.png"}
        path = f"/Messages/{self.scenes.report('message', ['queued'], fields=media)}"
        [only] = self.get(f"{path}/Media")["media_list"]
        for each in [path, f"{path}/Media/{only['sid']}"]:
            self.wrong(422, each, "DELETE")
        self.wrong(422, path, Body="")

    def calls(self):
        for to, end in CALLS.items():
            sid = self.scenes.call(end, to)
        ringing = self.scenes.call("canceled", RINGS_ON, Timeout=600)
        path = f"/Calls/{ringing}"
        self.get(path)
        self.wrong(422, path, "DELETE")
        self.wrong(422, path, Status="busy")
        self.wrong(422, f"{path}/Recordings")
        self.rest.post(path, Status="canceled", StatusCallback=self.scenes.url("voice"))
        self.wrong(400, "/Calls", To=THEIRS, From=OURS)
        self.wrong(422, "/Calls", To="nonsense", From=OURS, Url="http://a.example/")
        self.wrong(422, "/Calls?StartTime=nonsense", "GET")
        self.scenes.wait()
        self.lists("/Calls", "calls", "Status=busy", "StartTime%3E=2020-01-01")
        self.get(f"/Calls/{sid}")
        self.delete(path)

    def recordings(self):
        """Of a call in progress: made, held, stopped. Of one that is recorded from its answer to
        its end: fetched, transcribed, deleted."""
        says = f'<Say>{SAYS}</Say><Pause length="5"/>'
        recorded = self.scenes.call("completed", verbs=says, Record="true", Transcribe="true")
        sid = self.scenes.call("completed", verbs='<Pause length="3600"/>')
        self.scenes.stands(sid, "in-progress")
        path = f"/Calls/{sid}/Recordings"
        made = self.rest.post(path, RecordingChannels="dual")["sid"]
        for status in ["paused", "in-progress"]:
            self.rest.post(f"{path}/{made}", Status=status)
        self.wrong(422, path, Trim="yes")
        self.wrong(422, f"{path}/{made}", Status="completed")
        running = self.scenes.report("recording", ["in-progress"], fields={"CallSid": sid})
        self.wrong(422, f"/Recordings/{running}", "DELETE")
        self.get(f"{path}/{made}")
        self.rest.post(f"{path}/{made}", Status="stopped")
        self.rest.post(f"/Calls/{sid}", Status="completed")
        self.scenes.wait()
        self.lists(path, "recordings")
        self.scenes.stands(made, "completed", "absent")
        self.delete(f"{path}/{made}")
        [only] = self.lists("/Recordings", "recordings", f"CallSid={recorded}")
        self.wrong(422, "/Recordings?DateCreated=nonsense", "GET")
        self.scenes.stands(only["sid"], "completed")
        recording = f"/Recordings/{only['sid']}"
        self.get(f"{recording}.json")
        self.transcriptions(recording)
        self.delete(recording)

    def transcriptions(self, recording):
        of = {"CallSid": UNKNOWN, "RecordingSid": recording.removeprefix("/Recordings/")}
        running = self.scenes.report("transcription", ["in-progress"], fields=of)
        self.wrong(422, f"/Transcriptions/{running}", "DELETE")
        made = self.rest.post(f"{recording}/Transcriptions")
        self.scenes.stands(made["sid"], "completed")
        self.lists(f"{recording}/Transcriptions", "transcriptions")
        self.lists("/Transcriptions", "transcriptions")
        self.wrong(422, "/Transcriptions?DateCreated=nonsense", "GET")
        self.get(f"/Transcriptions/{made['sid']}")
        below = self.rest.post(f"{recording}/Transcriptions")["sid"]
        self.scenes.stands(below, "completed")
        self.get(f"{recording}/Transcriptions/{below}")
        self.delete(f"{recording}/Transcriptions/{below}")
        self.delete(f"/Transcriptions/{made['sid']}")

    def registry(self):
        """A brand, its campaign, an order and the numbers that are assigned by it."""
        brands = [self.registers("/brands", body) for body in [MANAGED_BRAND, csp_brand("B1")]]
        self.refused(422, "POST", f"{REGISTRY}/brands", value={"name": "Acme"})
        below = f"/brands/{brands[0]}/campaigns"
        managed = MANAGED_CAMPAIGN | {"brand_id": brands[0]}
        partner = partner_campaign("C1") | {"brand_id": brands[0]}
        campaigns = [self.registers(below, body) for body in [managed, partner]]
        self.refused(422, "POST", REGISTRY + below, value=managed | {"sample1": "short"})
        path = f"/campaigns/{campaigns[0]}"
        self.rest.done("PUT", REGISTRY + path, value={"name": "Renamed"})
        self.refused(422, "PUT", REGISTRY + path, value={"name": "x"})
        orders = f"{path}/orders"
        numbers = [self.scenes.take() for _ in "ab"]
        order = self.registers(orders, {"phone_numbers": numbers})
        self.refused(422, "POST", REGISTRY + orders, value={"phone_numbers": ["555"]})
        self.scenes.stands(order, "processed")
        self.registered(brands[0], campaigns[0], order)

    def registered(self, brand, campaign, order):
        """What there is then: one by one, in lists and with filters; and one that is removed."""
        for path in [f"/brands/{brand}", f"/campaigns/{campaign}", f"/orders/{order}"]:
            self.rest.get(REGISTRY + path)
        for path, filters in {
            "/brands": "filter_name=Acme&filter_state=completed",
            f"/brands/{brand}/campaigns": "filter_name=Renamed",
            f"/campaigns/{campaign}/orders": "filter_state=processed",
            f"/campaigns/{campaign}/numbers": "filter_state=completed",
        }.items():
            assert self.rest.get(REGISTRY + path)["data"], path
            self.rest.get(f"{REGISTRY}{path}?{filters}")
            self.rest.get(f"{REGISTRY}{path}?page_size=1")
        for each in self.rest.get(f"{REGISTRY}/campaigns/{campaign}/numbers")["data"]:
            self.scenes.stands(each["id"], "completed")
            self.rest.done("DELETE", f"{REGISTRY}/numbers/{each['id']}")

    def registers(self, path, body):
        return self.rest.done("POST", REGISTRY + path, value=body)["id"]

    def whatever_happens(self):
        """All that callbacks tell of, as it stands in the end: in lists, and one by one."""
        self.scenes.all()
        for path, key in LISTS.items():
            for each in self.get(f"/{path}?PageSize=1000")[key]:
                self.get(f"/{path}/{each['sid']}.json")
