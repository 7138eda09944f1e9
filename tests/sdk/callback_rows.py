"""The rows of test_types: where a callback can be asked for, and what is told then.

A row that cannot run is not here. `test_types` holds the rows against `GET /v1/callback-types`:
every place, method and status that is listed there has one.
"""

import itertools
from dataclasses import dataclass

from native.client import Native
from support import callback_types as contract
from support.dev import Dev
from support.sdk import DOCUMENT, OURS, THEIRS, client_of
from support.wire import Sockets

ANSWERED = ["initiated", "ringing", "in-progress", "completed"]
ALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
TOLD = "/told"
# The URL has a query of its own, which stays where it is.
TARGET = f"{TOLD}?tenant=7"

_names = itertools.count()


@dataclass(frozen=True)
class World:
    """What a row has to do with."""

    dev: Dev
    sockets: Sockets
    method: str

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

    def told_call(self, to=THEIRS, **more):
        """Makes a call whose StatusCallback is ours."""
        ours = {"status_callback": self.url, "status_callback_method": self.method}
        return self.call(to, **ours, **more)

    def send(self, to=THEIRS, **more):
        """Sends a message whose StatusCallback is ours; its SID."""
        order = {"to": to, "from_": OURS, "body": "hello", "status_callback": self.url}
        return self.client.messages.create(**(order | more)).sid

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


for _event, _statuses in {
    "initiated": ["initiated"],
    "ringing": ["ringing"],
    "answered": ["in-progress"],
    "completed": ["completed"],
}.items():

    @row("voice", name=f"only {_event}", statuses=_statuses, final="completed", **CALLS)
    def _(world, event=_event):
        return world.told_call(status_callback_event=[event])


for _status, _to in {
    "busy": "+15555550486",
    "no-answer": "+15555550480",
    "failed": "+15555550404",
}.items():

    @row("voice", name=_status, statuses=[_status], **CALLS)
    def _(world, to=_to):
        return world.told_call(to=to)


@row("voice", name="canceled", statuses=["canceled"], **CALLS)
def _(world):
    # It rings until its Timeout: three seconds here.
    sid = world.told_call(to="+15555550487", timeout=600)
    world.client.calls(sid).update(status="canceled")
    return sid


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
    sid = world.call(to="+15555550487", timeout=600)
    ours = {"status_callback": world.url, "status_callback_method": world.method}
    world.client.calls(sid).update(**ours)
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
