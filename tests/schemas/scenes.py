"""Everything that callbacks tell of, made to happen on a running `ringback dev`.

What is told of one type goes to a path of its own, `/voice` or `/message-json`, so that a test
knows which type a request has to be. `Scenes.all` makes all of it happen and comes back when
nothing is owed any more.
"""

import itertools
from xml.sax.saxutils import quoteattr

from native.client import Native
from schemas.exchange import REGISTRY
from schemas.registering import MANAGED_BRAND, MANAGED_CAMPAIGN
from support.waiting import wait_for

OURS = "+15550100001"
THEIRS = "+15550100002"
CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
RECORDING_EVENTS = ["in-progress", "completed", "absent"]
# The numbers at which a call is not answered, and at which a message is not delivered.
NOT_ANSWERED = {"busy": "+15555550486", "no-answer": "+15555550480", "failed": "+15555550404"}
RINGS_ON = "+15555550487"
NOT_DELIVERED = {"undelivered": "+15555553003", "failed": "+15555553001", "sent": "+15555553000"}
# What who calls says. Longer than a busy machine is late: half a second at TIME_SCALE.
SAYS = "Please call me back, there is something that I have to tell you. " * 5
# How many times as fast as life the servers go.
TIME_SCALE = 50
# How long anything may take that is waited for.
WITHIN_S = 60
SOME = "3c1f0a22-0000-4000-8000-00000000000"
CONFERENCE = f"{SOME}6"
COUNTERS = """AudioInAveragePtime AudioInDtmfPacketCount AudioInFlushPacketCount
    AudioInJitterMaxVariance AudioInJitterMinVariance AudioInLargestJbSize
    AudioInMediaPacketCount AudioInSkipPacketCount AudioOutDtmfPacketCount
    AudioOutMediaPacketCount""".split()

_names = itertools.count()
_areas = itertools.count(200)


class Scenes:
    """A server, a receiver, and what is to be waited for."""

    def __init__(self, rest, sockets):
        self.rest = rest
        self.sockets = sockets
        self.native = Native(rest.dev.http, rest.dev.token)
        self._ends = []
        # How many recordings and transcriptions that the network makes are told of.
        self._made = {"recording": 0, "transcription": 0}

    def all(self):
        self.calls()
        self.legs()
        self.calls_that_come_in()
        self.messages()
        self.recordings()
        self.transcriptions()
        self.registry()
        self.reported_calls()
        self.reported_messages()
        self.reported_recordings()
        self.reported_transcriptions()
        self.reported_registry()
        self.wait()

    def wait(self):
        """Waits until everything is where it ends, and nothing is owed."""
        for sid, end in self._ends:
            self.stands(sid, end)
        self._ends.clear()
        for kind, count in self._made.items():
            wait_for(lambda: self.made(kind) >= count, lambda: f"{count} {kind}s", WITHIN_S)
        for state in ("pending", "aside"):
            wait_for(lambda: not self.owed(state), lambda: f"owed: {self.owed(state)}", WITHIN_S)

    def status(self, sid):
        return self.native.get(f"/resources/{sid}/timeline")["status"]

    def stands(self, sid, *statuses):
        """Waits until a resource stands at one of these."""
        wait_for(lambda: self.status(sid) in statuses, f"{sid} to be {statuses}", WITHIN_S)

    def owed(self, state):
        return self.native.get(f"/callbacks?state={state}")["callbacks"]

    def made(self, kind):
        """How many that the network has made were told of to their end: a call is over before
        its recording is."""
        values = [dict(request.pairs) for request in self.sockets.at(f"/{kind}")]
        if kind == "transcription":
            return sum(each["TranscriptionStatus"] == "completed" for each in values)
        made = [each for each in values if each["RecordingSource"] != "Conference"]
        return sum(each["RecordingStatus"] != "in-progress" for each in made)

    def ends(self, sid, status):
        """Notes where a resource ends; its SID."""
        self._ends.append((sid, status))
        return sid

    def url(self, kind):
        return self.sockets.url(f"/{kind}")

    def page(self, verbs):
        """The URL of a document."""
        path = f"/document/{next(_names)}"
        return self.sockets.page(path, f"<Response>{verbs}</Response>")

    def call(self, ends, to=THEIRS, verbs='<Pause length="20"/>', **more):
        """Makes a call; its SID."""
        order = {"To": to, "From": OURS, "Url": self.page(verbs), **more}
        return self.ends(self.rest.post("/Calls", **order)["sid"], ends)

    def told_call(self, ends, to=THEIRS, **more):
        """Makes a call that is told of at every event."""
        asked = {"StatusCallback": self.url("voice"), "StatusCallbackEvent": CALL_EVENTS}
        return self.call(ends, to, **asked, **more)

    def calls(self):
        self.told_call("completed", Record="true")
        self.told_call("completed", StatusCallbackMethod="GET")
        self.told_call("completed", to="+15555550700", MachineDetection="Enable")
        for status, to in NOT_ANSWERED.items():
            self.told_call(status, to)
        sid = self.told_call("canceled", RINGS_ON, Timeout=600)
        self.rest.post(f"/Calls/{sid}", Status="canceled")

    def asks(self, prefix, kind, events):
        """The attributes of a verb that ask for callbacks."""
        url, words = quoteattr(self.url(kind)), quoteattr(" ".join(events))
        return f" {prefix}={url} {prefix}Event={words}"

    def legs(self):
        number = f"<Number{self.asks('statusCallback', 'voice', CALL_EVENTS)}>{THEIRS}</Number>"
        recorded = self.asks("recordingStatusCallback", "recording", RECORDING_EVENTS)
        self.call("completed", verbs=f"<Dial>{number}</Dial>")
        self.call("completed", verbs=f"<Dial record='true'{recorded}>{THEIRS}</Dial>")
        self._made["recording"] += 1

    def take(self, local=None, **more):
        """Takes a phone number: any, or one with this local part."""
        number = f"+1{next(_areas)}{local}" if local else f"+1646{next(_names):07d}"
        self.rest.post("/IncomingPhoneNumbers", PhoneNumber=number, **more)
        return number

    def comes_in(self, to, says=()):
        """A call comes in to a number of ours; its SID."""
        order = {"from": THEIRS, "to": to, "scenario": {"says": list(says)}}
        status, made = self.native.post("/simulate/inbound-call", order)
        assert status == 201, made
        return self.ends(made["sid"], "completed")

    def calls_that_come_in(self):
        asked = {"StatusCallback": self.url("inbound-call"), "VoiceUrl": self.page("<Pause/>")}
        for method in ["GET", "POST"]:
            told = self.take(**asked, StatusCallbackMethod=method)
            self.comes_in(told)
        for end in ["busy", "no-answer", "canceled", "failed"]:
            self.report("call", ["ringing", end], direction="inbound", **{"to": told})

    def message(self, ends, to=THEIRS, **more):
        order = {"To": to, "From": OURS, "Body": "Grüße & 你好 🎉", **more}
        order["StatusCallback"] = self.url("message")
        return self.ends(self.rest.post("/Messages", **order)["sid"], ends)

    def messages(self):
        self.message("delivered")
        self.message("sent", MediaUrl=["https://app.example/a.png", "https://app.example/b.jpg"])
        for status, to in NOT_DELIVERED.items():
            self.message(status, to)
        for status, to in {"delivered": THEIRS, **NOT_DELIVERED}.items():
            order = {"to": to, "from": OURS, "body": "hello"}
            order |= {"status_callback": self.url("message-json"), "custom_variables": {"a": "1"}}
            made = self.rest.done("POST", "/api/messaging/messages", value=order)
            self.ends(made["id"], status)

    @property
    def tells_recordings(self):
        return {
            "RecordingStatusCallback": self.url("recording"),
            "RecordingStatusCallbackEvent": RECORDING_EVENTS,
        }

    def recordings(self):
        says = f'<Say>{SAYS}</Say><Pause length="8"/>'
        for method in ["GET", "POST"]:
            asked = {**self.tells_recordings, "RecordingStatusCallbackMethod": method}
            self.call("completed", verbs=says, Record="true", **asked)
        # Long enough that it is in progress when it is asked to record.
        sid = self.call("completed", verbs='<Pause length="3600"/>')
        self.stands(sid, "in-progress")
        self.rest.post(f"/Calls/{sid}/Recordings", **self.tells_recordings)
        self.rest.post(f"/Calls/{sid}", Status="completed")
        verb = self.asks("recordingStatusCallback", "recording", RECORDING_EVENTS)
        over = quoteattr(self.page("<Hangup/>"))
        record = f"<Record playBeep='false' maxLength='60' action={over}{verb}/>"
        for says in [SAYS, ""]:
            self.comes_in(self.take(VoiceUrl=self.page(record)), says=[says])
        self._made["recording"] += 5

    def transcriptions(self):
        over, url = quoteattr(self.page("<Hangup/>")), quoteattr(self.url("transcription"))
        asked = f"maxLength='60' transcribe='true' transcribeCallback={url} action={over}"
        self.comes_in(self.take(VoiceUrl=self.page(f"<Record {asked}/>")), says=[SAYS])
        self._made["transcription"] += 1

    def registry(self):
        """What is registered, by names and numbers that lead astray as well."""
        brand = self.registers("/brands", MANAGED_BRAND, "completed", name="Unverified Acme")
        for name, end in {"Reminders": "active", "Deactivate": "inactive"}.items():
            path = f"/brands/{brand}/campaigns"
            campaign = self.registers(path, MANAGED_CAMPAIGN, end, name=name, brand_id=brand)
            if end == "active":
                numbers = [self.take(), self.take("5550190"), self.take("5550191")]
                orders = f"/campaigns/{campaign}/orders"
                self.registers(orders, {}, "processed", phone_numbers=numbers)
                assigned = self.rest.get(f"{REGISTRY}/campaigns/{campaign}/numbers")["data"]
                for each in assigned:
                    failed = each["phone_number"]["number"].endswith("5550191")
                    self.ends(each["id"], "failed" if failed else "completed")

    def registers(self, path, body, ends, **more):
        """Registers something that is told of; its id."""
        order = body | more | {"status_callback_url": self.url("ten-dlc")}
        return self.ends(self.rest.done("POST", REGISTRY + path, value=order)["id"], ends)

    def report(self, kind, statuses, told=None, last=(), **first):
        """Reports a resource as a platform does; its SID."""
        name, parties = f"{kind}-{next(_names)}", {"from": OURS, "to": THEIRS}
        for number, status in enumerate(statuses):
            line = {"kind": kind, "external_id": name, "status": status}
            if number == 0:
                line |= {**(parties if kind in ("call", "message") else {}), **first}
                line |= {"status_callback": self.url(told)} if told else {}
            if number == len(statuses) - 1 and last:
                line["fields"] = {**line.get("fields", {}), **last}
            results, summary = self.native.lines([line], results=True)
            assert summary["taken"] == 1, summary
        return self.ends(results[0]["sid"], statuses[-1])

    def reported_calls(self):
        """With all that can be known of a call."""
        parent = self.report("call", ["in-progress", "completed"])
        first = {"ParentCallSid": parent, "ForwardedFrom": THEIRS, "CallerName": "Zoë & co"}
        last = {"RecordingSid": parent, "RecordingUrl": "https://m.example/r?a=1"}
        last |= {"RecordingDuration": "17", "SipResultCode": "200", "AudioInMos": "4.31"}
        last |= {"HangupDirection": "outbound", "AnsweredBy": "human"}
        last |= dict.fromkeys(COUNTERS, "7")
        more = {"direction": "outbound-dial", "status_callback_event": CALL_EVENTS}
        self.report("call", ["ringing", "completed"], "voice", last, fields=first, **more)

    def reported_messages(self):
        self.report("message", ["receiving", "received"], "message")

    def reported_recordings(self):
        """What the simulated network has none of: a conference's, one that failed."""
        call = self.report("call", ["in-progress", "completed"])
        of = {"CallSid": call, "RecordingSource": "Conference", "ConferenceSid": CONFERENCE}
        more = {"status_callback_event": [*RECORDING_EVENTS, "failed"]}
        for end in ["completed", "absent"]:
            self.report("recording", ["in-progress", end], "recording", fields=of, **more)
        last = {"ErrorCode": "13621"}
        self.report("recording", ["in-progress", "failed"], "recording", last, fields=of, **more)

    def reported_transcriptions(self):
        call = self.report("call", ["in-progress", "completed"])
        recording = self.report("recording", ["completed"], fields={"CallSid": call})
        of = {"CallSid": call, "RecordingSid": recording, "From": OURS, "To": THEIRS}
        self.report("transcription", ["in-progress", "failed"], "transcription", fields=of)

    def reported_registry(self):
        brand = {"brand_id": f"{SOME}1"}
        campaign = {**brand, "campaign_id": f"{SOME}2"}
        order = {**campaign, "number_assignment_order_id": f"{SOME}3"}
        number = {**order, "phone_number_id": f"{SOME}4", "phone_number": THEIRS}
        for kind, statuses, fields in [
            ("brand", ["pending", "unverified", "completed"], {}),
            ("campaign", ["pending", "active", "inactive"], brand),
            ("number_assignment_order", ["pending", "processing", "processed"], campaign),
            ("number_assignment", ["pending", "failed", "pending", "completed"], number),
        ]:
            self.report(kind, statuses, "ten-dlc", fields=fields)
