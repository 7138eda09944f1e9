"""The rows of test_types: where a callback can be asked for, and what is told then.

A row that cannot run is not here. `test_types` holds the rows against `GET /v1/callback-types`:
every place, method and status that is listed there has one.
"""

import base64
import itertools
import json
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlencode

from native.client import Native
from support import callback_types as contract
from support.dev import Dev
from support.sdk import DOCUMENT, OURS, THEIRS, client_of
from support.waiting import wait_for
from support.wire import Sockets

ANSWERED = ["initiated", "ringing", "in-progress", "completed"]
ALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
TOLD = "/told"
# How many times as fast as life a server goes in which something is to be done meanwhile.
SLOW = 4
# The URL has a query of its own, which stays where it is.
TARGET = f"{TOLD}?tenant=7"

_names = itertools.count()


@dataclass
class World:
    """What a row has to do with."""

    dev: Dev
    sockets: Sockets
    method: str
    # Starts a `ringback dev` of the row's own, with these options.
    start: object
    # Keeps something that has an end open until the row is over.
    keep: object = None
    # Options of every server of its own.
    options: tuple = ()
    # What these servers will complain of.
    complaints: tuple = ()

    @property
    def client(self):
        return client_of(self.dev)

    @property
    def native(self):
        return Native(self.dev.http, self.dev.token)

    @property
    def url(self):
        return self.sockets.url(TARGET)

    def call(self, to=THEIRS, **more):
        """Makes a call with the SDK; its SID."""
        order = {"to": to, "from_": OURS, "url": DOCUMENT}
        return self.client.calls.create(**(order | more)).sid

    def restart(self, *options, time_scale=200):
        """From now on it has to do with a server of its own."""
        self.dev = self.start(*self.options, *options, time_scale=time_scale)
        self.dev.expected += self.complaints

    def take(self, **more):
        """Takes a phone number with the SDK."""
        number = f"+1888{next(_names):07d}"
        return self.client.incoming_phone_numbers.create(phone_number=number, **more)

    def comes_in(self, number, end):
        """A platform reports a call that came in, and asks for nothing; its SID."""
        way = ["ringing", "in-progress", end] if end == "completed" else ["ringing", end]
        parties = {"from": THEIRS, "to": number}
        return self.report("call", way, asked=False, direction="inbound", **parties)

    def wait_until(self, sid, status):
        """Waits until a resource stands there."""
        timeline = f"/resources/{sid}/timeline"
        wait_for(lambda: self.native.get(timeline)["status"] == status, f"{sid} to be {status}")

    @property
    def ours(self):
        """What makes a StatusCallback ours, for the SDK."""
        return {"status_callback": self.url, "status_callback_method": self.method}

    def told_call(self, to=THEIRS, **more):
        """Makes a call whose StatusCallback is ours."""
        return self.call(to, **self.ours, **more)

    def send(self, to=THEIRS, **more):
        """Sends a message whose StatusCallback is ours; its SID."""
        order = {"to": to, "from_": OURS, "body": "hello", "status_callback": self.url}
        return self.client.messages.create(**(order | more)).sid

    def ask_json(self, method, path, value):
        """A request of SignalWire's JSON APIs, which the SDK does not have; the answer."""
        return json.loads(self._ask(method, path, json.dumps(value).encode(), "application/json"))

    def post_form(self, path, values):
        """A request of the REST API that the SDK has no parameter for."""
        path = f"/api/laml/2010-04-01/Accounts/{self.dev.project}{path}"
        self._ask("POST", path, urlencode(values).encode(), "application/x-www-form-urlencoded")

    def _ask(self, method, path, body, kind):
        credentials = f"{self.dev.project}:{self.dev.token}".encode()
        headers = {
            "Authorization": f"Basic {base64.b64encode(credentials).decode()}",
            "Content-Type": kind,
        }
        asked = urllib.request.Request(self.dev.http + path, body, headers, method=method)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return answer.read()

    def report(self, kind, statuses, asked=True, events=None, last=None, **first):
        """Reports a resource as a platform does; its SID. `last`: fields of the last report."""
        name = f"{kind}-{next(_names)}"
        sid = None
        for number, status in enumerate(statuses):
            line = {"kind": kind, "external_id": name, "status": status}
            if number == 0:
                line |= first
                if asked:
                    line |= {"status_callback": self.url, "status_callback_method": self.method}
                if events:
                    line["status_callback_event"] = events
            if number == len(statuses) - 1 and last:
                line["fields"] = {**line.get("fields", {}), **last}
            results, summary = self.native.lines([line], results=True)
            assert summary["taken"] == 1, summary
            sid = results[0]["sid"]
        return sid


@dataclass(frozen=True)
class Row:
    """Where a callback is asked for, and what is told then."""

    kind: str
    place: str
    name: str
    # What the resource goes through, as far as it is told of.
    statuses: tuple
    make: object
    methods: tuple = ("POST", "GET")
    # What is known of the resource at a status, beside what goes without saying.
    known: object = None
    # Where the resource stands at the end, if that is not told.
    final: str = None
    # What some parameters have to say, of a world and a SID.
    says: object = None


ROWS = []


def row(kind, place, name, statuses, **more):
    """Adds the row that the function below makes."""

    def add(make):
        ROWS.append(Row(kind, place, name, tuple(statuses), make, **more))
        return make

    return add


# What a simulated call knows: an answer to its INVITE once it rings, media at its end.
def simulated_call(status):
    match status:
        case "initiated":
            return set()
        case "completed":
            return {"sip", "media", "hangup"}
        case _:
            return {"sip"}


def of_a_call(world, sid):
    return {"CallSid": sid, "AccountSid": world.dev.project, "From": OURS, "To": THEIRS}


CALLS = {"place": "`POST /Calls`", "known": simulated_call}


@row("voice", name="answered", statuses=ANSWERED, says=of_a_call, **CALLS)
def _(world):
    return world.told_call(status_callback_event=ALL_EVENTS)


@row("voice", name="by default", statuses=["completed"], says=of_a_call, **CALLS)
def _(world):
    return world.told_call()


# What each event is told by.
EACH_EVENT = {
    "initiated": ["initiated"],
    "ringing": ["ringing"],
    "answered": ["in-progress"],
    "completed": ["completed"],
}

for _event, _statuses in EACH_EVENT.items():

    @row("voice", name=f"only {_event}", statuses=_statuses, final="completed", **CALLS)
    def _(world, event=_event):
        return world.told_call(status_callback_event=[event])


# The numbers at which a call is never answered, by what becomes of it.
NOT_ANSWERED = {
    "busy": "+15555550486",
    "no-answer": "+15555550480",
    "failed": "+15555550404",
}
# It rings until its Timeout: three seconds where one asks for 600.
RINGS_ON = {"to": "+15555550487", "timeout": 600}

for _status, _to in NOT_ANSWERED.items():

    @row("voice", name=_status, statuses=[_status], **CALLS)
    def _(world, to=_to):
        return world.told_call(to=to)


def canceled(world, sid):
    world.client.calls(sid).update(status="canceled")
    return sid


@row("voice", name="canceled", statuses=["canceled"], **CALLS)
def _(world):
    return canceled(world, world.told_call(**RINGS_ON))


def answered_by_a_machine(status):
    answered = status in ("answered", "in-progress", "completed")
    return simulated_call(status) | ({"answered_by"} if answered else set())


@row(
    "voice",
    place="`POST /Calls`",
    name="machine",
    statuses=ANSWERED,
    known=answered_by_a_machine,
)
def _(world):
    return world.told_call(
        to="+15555550700", machine_detection="Enable", status_callback_event=ALL_EVENTS
    )


@row(
    "voice",
    place="`POST /Calls/{Sid}`",
    name="changed",
    statuses=["no-answer"],
    known=simulated_call,
)
def _(world):
    sid = world.call(**RINGS_ON)
    world.client.calls(sid).update(**world.ours)
    return sid


REPORTS = {"place": "`POST /v1/changes`"}


@row("voice", name="reported", statuses=ANSWERED, **REPORTS)
def _(world):
    return world.report("call", ANSWERED, events=ALL_EVENTS, **{"from": OURS, "to": THEIRS})


for _status in ["busy", "no-answer", "failed", "canceled"]:

    @row("voice", name=f"reported {_status}", statuses=["initiated", _status], **REPORTS)
    def _(world, status=_status):
        order = {"from": OURS, "to": THEIRS}
        return world.report("call", ["initiated", status], events=ALL_EVENTS, **order)


def all_of_a_call(status):
    over = {"sip", "media", "hangup", "answered_by", "recording"}
    return {"parent", "forwarded", "caller_name"} | (over if status == "completed" else set())


@row(
    "voice",
    name="reported with everything",
    statuses=["ringing", "completed"],
    known=all_of_a_call,
    **REPORTS,
)
def _(world):
    parent = world.report("call", ["in-progress"], asked=False, **{"from": OURS, "to": THEIRS})
    figures = dict.fromkeys(contract.COUNTERS, "7")
    return world.report(
        "call",
        ["ringing", "completed"],
        events=ALL_EVENTS,
        direction="outbound-dial",
        fields={
            "ParentCallSid": parent,
            "ForwardedFrom": "+15550100009",
            "CallerName": "Zoë & co",
        },
        last={
            "RecordingSid": parent,
            "RecordingUrl": "https://m.example/r?a=1",
            "RecordingDuration": "17",
            "SipResultCode": "200",
            "AudioInMos": "4.31",
            "HangupDirection": "outbound",
            "AnsweredBy": "human",
            **figures,
        },
        **{"from": OURS, "to": THEIRS},
    )


def with_an_error(_):
    return {"error"}


def of_a_message(world, sid):
    return {"MessageSid": sid, "AccountSid": world.dev.project, "From": OURS}


MESSAGES = {"place": "`POST /Messages`", "methods": ("POST",), "says": of_a_message}


@row("message", name="delivered", statuses=["queued", "sending", "sent", "delivered"], **MESSAGES)
def _(world):
    return world.send(body="100% & more + = Grüße 你好 🎉\nsecond line")


@row("message", name="without a receipt", statuses=["queued", "sending", "sent"], **MESSAGES)
def _(world):
    return world.send(to="+15555553000")


@row(
    "message",
    name="undelivered",
    statuses=["queued", "sending", "sent", "undelivered"],
    known=with_an_error,
    **MESSAGES,
)
def _(world):
    return world.send(to="+15555553003")


@row(
    "message",
    name="MMS",
    statuses=["queued", "sending", "sent"],
    known=lambda _: ["media", "media"],
    **MESSAGES,
)
def _(world):
    return world.send(media_url=["https://app.example/a.png", "https://app.example/b.jpg?x=1"])


@row("message", name="reported", statuses=["queued", "sending", "sent", "delivered"], **REPORTS)
def _(world):
    statuses = ["queued", "sending", "sent", "delivered"]
    return world.report("message", statuses, **{"from": OURS, "to": THEIRS})


for _status in ["undelivered", "failed"]:

    @row(
        "message",
        name=f"reported {_status}",
        statuses=["sending", _status],
        known=with_an_error,
        **REPORTS,
    )
    def _(world, status=_status):
        order = {"from": OURS, "to": THEIRS}
        return world.report("message", ["sending", status], last={"ErrorCode": "30008"}, **order)


@row("message", name="reported from outside", statuses=["receiving", "received"], **REPORTS)
def _(world):
    return world.report("message", ["receiving", "received"], **{"from": THEIRS, "to": OURS})


def a_recording(world, statuses, **more):
    call = world.report("call", ["in-progress"], asked=False, **{"from": OURS, "to": THEIRS})
    fields = {"CallSid": call, "RecordingSource": "RecordVerb", **more.pop("fields", {})}
    return world.report("recording", statuses, fields=fields, **more)


for _end in ["completed", "absent"]:

    @row("recording", name=f"reported {_end}", statuses=["in-progress", _end], **REPORTS)
    def _(world, end=_end):
        events = ["in-progress", "completed", "absent"]
        return a_recording(world, ["in-progress", "paused", "in-progress", end], events=events)


@row("recording", name="reported by default", statuses=["completed"], **REPORTS)
def _(world):
    url = {"RecordingUrl": "https://m.example/r", "RecordingDuration": "17"}
    return a_recording(world, ["in-progress", "completed"], last=url)


@row(
    "recording",
    name="reported failed",
    statuses=["in-progress", "failed"],
    known=lambda _: {"error", "track", "conference"},
    **REPORTS,
)
def _(world):
    return a_recording(
        world,
        ["in-progress", "failed"],
        events=["in-progress", "failed"],
        fields={"RecordingTrack": "both", "ConferenceSid": "3c1f0a22-0000-4000-8000-000000000006"},
        last={"ErrorCode": "13621"},
    )


def a_transcription(world, end, **fields):
    call = world.report("call", ["in-progress"], asked=False, **{"from": OURS, "to": THEIRS})
    recording = world.report("recording", ["completed"], asked=False, fields={"CallSid": call})
    of = {"CallSid": call, "RecordingSid": recording, "From": OURS, "To": THEIRS}
    last = {"TranscriptionText": "call me & hü!"} if end == "completed" else {}
    return world.report(
        "transcription", ["in-progress", end], fields={**of, **fields}, last=last
    )


@row("transcription", name="reported", statuses=["completed"], methods=("POST",), **REPORTS)
def _(world):
    return a_transcription(world, "completed")


@row("transcription", name="reported failed", statuses=["failed"], methods=("POST",), **REPORTS)
def _(world):
    return a_transcription(world, "failed")


@row(
    "transcription",
    name="reported with everything",
    statuses=["completed"],
    methods=("POST",),
    known=lambda _: {"call", "length"},
    **REPORTS,
)
def _(world):
    return a_transcription(
        world, "completed", CallStatus="completed", Direction="inbound", RecordingDuration="17"
    )


# The project's default, of calls and messages that nobody else hears of.
def default_of(world):
    """The options that make ours the project's default."""
    url, method = f"status_callback={world.url}", f"status_callback_method={world.method}"
    return ["--set", url, "--set", method]


for _end in ["completed", "busy", "no-answer", "failed", "canceled"]:

    @row("inbound-call", place="setting", name=_end, statuses=[_end], final=_end)
    def _(world, end=_end):
        world.restart(*default_of(world))
        return world.comes_in(OURS, end)


def calls_told_of(place, order):
    """A row for each of a call's statuses; `order` has what the call is made with."""
    more = {"kind": "voice", "place": place, "known": simulated_call}

    for event, statuses in EACH_EVENT.items():

        @row(name=f"only {event}", statuses=statuses, final="completed", **more)
        def _(world, event=event):
            return world.call(**order(world), status_callback_event=[event])

    @row(name="answered", statuses=ANSWERED, **more)
    def _(world):
        return world.call(**order(world), status_callback_event=ALL_EVENTS)

    @row(name="by default", statuses=["completed"], **more)
    def _(world):
        return world.call(**order(world))

    for status, to in NOT_ANSWERED.items():

        @row(name=status, statuses=[status], **more)
        def _(world, to=to):
            return world.call(to=to, **order(world))

    @row(name="canceled", statuses=["canceled"], **more)
    def _(world):
        return canceled(world, world.call(**RINGS_ON, **order(world)))


SENT = ["queued", "sending", "sent"]
# What is told of a simulated message, and the number that it goes to.
MESSAGE_ENDS = {
    "sent": (SENT, "+15555553000"),
    "delivered": ([*SENT, "delivered"], "+15550100003"),
    "undelivered": ([*SENT, "undelivered"], "+15555553003"),
    "failed": (["queued", "failed"], "+15555553001"),
}


def messages_told_of(place, send, name="", methods=("POST", "GET")):
    """A row for each end of a message that `send` sends."""
    for end, (statuses, to) in MESSAGE_ENDS.items():
        known = with_an_error if end in ("undelivered", "failed") else None

        @row("message", place, f"{name}{end}", statuses, methods=methods, known=known)
        def _(world, to=to):
            return send(world, to)


def by_default(world):
    world.restart(*default_of(world))
    return {}


def message_by_default(world, to):
    world.restart(*default_of(world))
    return world.client.messages.create(to=to, from_=OURS, body="hello").sid


calls_told_of("setting", by_default)
messages_told_of("setting", message_by_default)


MESSAGE_API = {"place": "`POST /api/messaging/messages`", "methods": ("POST",)}


def by_the_message_api(world, to, **more):
    order = {"to": to, "from": OURS, "body": "hello", "status_callback": world.url}
    return world.ask_json("POST", "/api/messaging/messages", order | more)["id"]


@row(
    "message-json",
    name="delivered",
    statuses=["queued", "sending", "sent", "delivered"],
    known=lambda _: {"variables"},
    **MESSAGE_API,
)
def _(world):
    return by_the_message_api(world, THEIRS, custom_variables={"table": "7", "é": '"'})


for _end, _to in {"undelivered": "+15555553003", "failed": "+15555553022"}.items():

    @row(
        "message-json",
        name=_end,
        statuses=["queued", "sending", "sent", _end] if _end == "undelivered" else ["queued", _end],
        **MESSAGE_API,
    )
    def _(world, to=_to):
        return by_the_message_api(world, to)


SOME = "3c1f0a22-0000-4000-8000-00000000000"
BRAND = {"brand_id": f"{SOME}1"}
CAMPAIGN = {**BRAND, "campaign_id": f"{SOME}2"}
ORDER = {**CAMPAIGN, "number_assignment_order_id": f"{SOME}3"}
NUMBER = {**ORDER, "phone_number_id": f"{SOME}4", "phone_number": "+15550100123"}

for _kind, _fields, _known, _statuses, _silent in [
    ("brand", {}, set(), ["unverified", "completed"], []),
    ("campaign", BRAND, {"campaign"}, ["active", "inactive"], []),
    ("number_assignment_order", CAMPAIGN, {"campaign", "order"}, ["processed"], ["processing"]),
    (
        "number_assignment",
        NUMBER,
        {"campaign", "order", "assignment"},
        ["failed", "pending", "completed"],
        [],
    ),
]:

    @row(
        "ten-dlc",
        name=_kind,
        statuses=_statuses,
        methods=("POST",),
        known=lambda _, known=_known: known,
        **REPORTS,
    )
    def _(world, kind=_kind, fields=_fields, statuses=_statuses, silent=_silent):
        return world.report(kind, [*silent, *statuses], fields=fields)
