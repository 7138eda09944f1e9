"""Rows of test_types whose callbacks are asked for by the verbs of a document.

Each makes a call with the SDK; its `Url` is a page of the receiver's. What is told of is
another resource than that call, so its SID is known by its first callback alone.
"""

from xml.sax.saxutils import quoteattr

from callback_rows import (
    ALL_EVENTS,
    ANSWERED,
    EACH_EVENT,
    NOT_ANSWERED,
    SLOW,
    messages_told_of,
    row,
    simulated_call,
)
from recording_rows import BEGINS_AND_ENDS, BY_DEFAULT, EVENTS, on_a_track, transcriptions
from support.sdk import THEIRS

# A number that answers, beside the one that the call goes to.
ANOTHER = "+15550100003"


def runs(world, verbs, to=THEIRS, **more):
    """A call whose document is these verbs; its SID."""
    page = world.sockets.page("/document", f"<Response>{verbs}</Response>")
    return world.call(to=to, **(more | {"url": page}))


def asks(world, prefix="statusCallback", events=None):
    """The attributes that ask for a callback to us."""
    attributes = {prefix: world.url, f"{prefix}Method": world.method}
    if events:
        attributes[f"{prefix}Event"] = " ".join(events)
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())


def dialled(status):
    return simulated_call(status) | {"parent"}


NUMBER = {"place": "`<Number>` in `<Dial>`", "known": dialled}
SIP = {"place": "`<Sip>` in `<Dial>`", "known": dialled}


def check_leg(world, _):
    return {"AccountSid": world.dev.project, "Direction": "outbound-dial"}


@row("voice", name="answered", statuses=ANSWERED, says=check_leg, **NUMBER)
def _(world):
    noun = f"<Number{asks(world, events=ALL_EVENTS)}>{ANOTHER}</Number>"
    runs(world, f"<Dial>{noun}</Dial>")


@row("voice", name="by default", statuses=["completed"], says=check_leg, **NUMBER)
def _(world):
    runs(world, f"<Dial><Number{asks(world)}>{ANOTHER}</Number></Dial>")


for _status, _to in NOT_ANSWERED.items():

    @row("voice", name=_status, statuses=[_status], says=check_leg, **NUMBER)
    def _(world, to=_to):
        runs(world, f"<Dial><Number{asks(world)}>{to}</Number></Dial>")


@row("voice", name="canceled", statuses=["canceled"], says=check_leg, **NUMBER)
def _(world):
    # It rings on while another one answers.
    slow = f"<Number{asks(world)}>+15555550487</Number>"
    runs(world, f"<Dial timeout='600'>{slow}<Number>{ANOTHER}</Number></Dial>")


SIP_URI = "sip:bob@example.com"


@row("voice", name="answered", statuses=ANSWERED, says=check_leg, **SIP)
def _(world):
    runs(world, f"<Dial><Sip{asks(world, events=ALL_EVENTS)}>{SIP_URI}</Sip></Dial>")


@row("voice", name="by default", statuses=["completed"], says=check_leg, **SIP)
def _(world):
    runs(world, f"<Dial><Sip{asks(world)}>{SIP_URI}</Sip></Dial>")


for _noun, _place, _to in [("Number", NUMBER, ANOTHER), ("Sip", SIP, SIP_URI)]:
    for _event, _statuses in EACH_EVENT.items():

        @row(
            "voice",
            name=f"only {_event}",
            statuses=_statuses,
            final="completed",
            says=check_leg,
            **_place,
        )
        def _(world, noun=_noun, to=_to, event=_event):
            attributes = asks(world, events=[event])
            runs(world, f"<Dial><{noun}{attributes}>{to}</{noun}></Dial>")


def message_verb(verb):
    """The rows of a verb that sends a message; documents know POST alone for it."""

    def send(world, to):
        attributes = f"to='{to}' statusCallback={quoteattr(world.url)}"
        runs(world, f"<{verb} {attributes}>hello</{verb}>")

    messages_told_of(f"`<{verb}>`", send, methods=("POST",))


message_verb("Message")
message_verb("Sms")


# What who calls says: more than a second of it.
SAYS = ["Please call me back, there is something that I have to tell you."]


def comes_in(world, verbs, **scenario):
    """A call comes in to a number whose document is these verbs."""
    page = world.sockets.page("/document", f"<Response>{verbs}</Response>")
    number = world.take(voice_url=page)
    order = {"from": THEIRS, "to": number.phone_number, "scenario": scenario}
    status, _ = world.native.post("/simulate/inbound-call", order)
    assert status == 201


def records(world, attributes):
    """Records, and then ends the call: without an action it would run the document again."""
    over = world.sockets.page("/over", "<Response><Hangup/></Response>")
    return f"<Record maxLength='5' action={quoteattr(over)}{attributes}/>"


@row("recording", place="`<Record>`", name="voicemail", statuses=["in-progress", "completed"])
def _(world):
    comes_in(world, records(world, asks(world, "recordingStatusCallback", EVENTS)), says=SAYS)


@row("recording", place="`<Record>`", name="by default", statuses=["completed"])
def _(world):
    comes_in(world, records(world, asks(world, "recordingStatusCallback")), says=SAYS)


@row("recording", place="`<Dial>`", name="record", **BEGINS_AND_ENDS)
def _(world):
    attributes = asks(world, "recordingStatusCallback", EVENTS)
    runs(world, f"<Dial record='record-from-answer'{attributes}>{ANOTHER}</Dial>")


@row("recording", place="`<Dial>`", name="by default", **BY_DEFAULT)
def _(world):
    attributes = asks(world, "recordingStatusCallback")
    runs(world, f"<Dial record='record-from-answer'{attributes}>{ANOTHER}</Dial>")


@row(
    "recording",
    place="`<Dial>`",
    name="too short",
    statuses=["in-progress", "absent"],
    known=on_a_track,
)
def _(world):
    # Who is dialled hears a document that ends at once, within a second of a slower world.
    world.restart(time_scale=SLOW)
    over = world.sockets.page("/over", "<Response><Hangup/></Response>")
    noun = f"<Number url={quoteattr(over)}>{ANOTHER}</Number>"
    attributes = asks(world, "recordingStatusCallback", EVENTS)
    runs(world, f"<Dial record='record-from-answer'{attributes}>{noun}</Dial>")


@transcriptions(place="`<Record>`", name="voicemail")
def _(world):
    attributes = f" transcribe='true' transcribeCallback={quoteattr(world.url)}"
    comes_in(world, records(world, attributes), says=SAYS)


@row("recording", place="`<Record>`", name="silent", statuses=["in-progress", "absent"])
def _(world):
    # Who calls says nothing.
    attributes = asks(world, "recordingStatusCallback", EVENTS) + " playBeep='false'"
    comes_in(world, records(world, attributes), says=[""])
