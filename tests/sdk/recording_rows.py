"""Rows of test_types whose recordings and transcriptions are asked for over REST."""

from callback_rows import SLOW, TOLD, row
from support.recogniser import Recogniser
from support.sdk import OURS, THEIRS

EVENTS = ["in-progress", "completed", "absent"]


# The simulated network always says which track it records.
def on_a_track(_):
    return {"track"}


BEGINS_AND_ENDS = {"statuses": ["in-progress", "completed"], "known": on_a_track}
BY_DEFAULT = {"statuses": ["completed"], "known": on_a_track}


def asks_for_recordings(world, events=EVENTS):
    """What the SDK is given."""
    return {
        "recording_status_callback": world.url,
        "recording_status_callback_method": world.method,
        **({"recording_status_callback_event": events} if events else {}),
    }


def document(world, says="This call is recorded, so that there is something to hear."):
    """A document that says something and then waits; its URL."""
    verbs = f"<Say>{says}</Say>" if says else ""
    return world.sockets.page("/document", f"<Response>{verbs}<Pause length='8'/></Response>")


@row("recording", place="`POST /Calls`", name="Record=true", **BEGINS_AND_ENDS)
def _(world):
    world.call(url=document(world), record=True, **asks_for_recordings(world))


@row("recording", place="`POST /Calls`", name="by default", **BY_DEFAULT)
def _(world):
    asked = asks_for_recordings(world, events=None)
    world.call(url=document(world), record=True, **asked)


@row(
    "recording",
    place="`POST /Calls`",
    name="too short",
    statuses=["in-progress", "absent"],
    known=on_a_track,
)
def _(world):
    # Slow enough that the document is here within a second of its world.
    world.restart(time_scale=SLOW)
    page = world.sockets.page("/document", "<Response><Hangup/></Response>")
    world.call(url=page, record=True, **asks_for_recordings(world))


def in_progress(world, says="Hello."):
    """A call that is in progress for some seconds more: its time goes slower."""
    world.restart(time_scale=SLOW)
    sid = world.call(url=document(world, says))
    world.wait_until(sid, "in-progress")
    return world.client.calls(sid)


def recorded(world, says="Hello.", events=EVENTS, **more):
    """A recording of a call in progress: it ends with the call."""
    call = in_progress(world, says)
    recording = call.recordings.create(**asks_for_recordings(world, events), **more)
    for status in ["paused", "in-progress"]:
        call.recordings(recording.sid).update(status=status)
    return recording.sid


@row("recording", place="`POST /Calls/{CallSid}/Recordings`", name="stopped", **BEGINS_AND_ENDS)
def _(world):
    return recorded(world)


@row("recording", place="`POST /Calls/{CallSid}/Recordings`", name="by default", **BY_DEFAULT)
def _(world):
    return recorded(world, events=None)


@row(
    "recording",
    place="`POST /Calls/{CallSid}/Recordings`",
    name="silent",
    statuses=["in-progress", "absent"],
    known=on_a_track,
)
def _(world):
    # What the document says: nothing.
    return recorded(world, says=None, recording_track="outbound")


def transcriptions(place, name):
    """Adds two rows of the function below: it is understood, or the recogniser refuses it."""

    def add(make):
        more = {"methods": ("POST",), "known": lambda _: {"call", "length"}}
        row("transcription", place, name, ["completed"], **more)(make)

        @row("transcription", place, f"{name}, refused", ["failed"], says=no_text, **more)
        def _(world):
            refuse_to_listen(world)
            make(world)

        return make

    return add


def refuse_to_listen(world):
    """From now on its servers have a recogniser that answers 400."""
    recogniser = world.keep(Recogniser(400))
    world.options = (f"--transcription-url={recogniser.url}", "--transcription-attempts=1")
    world.complaints = ("the recogniser fails; transcriptions wait for it",)
    world.restart()


def no_text(world, _):
    return {"TranscriptionText": ""}


def transcribed(world):
    """What the SDK has no parameter for."""
    return {"Transcribe": "true", "TranscribeCallback": world.url}


@transcriptions(place="`POST /Calls`", name="Transcribe")
def _(world):
    order = {"To": THEIRS, "From": OURS, "Url": document(world), "Record": "true"}
    world.post_form("/Calls", order | transcribed(world))


@transcriptions(place="`POST /Calls/{CallSid}/Recordings`", name="Transcribe")
def _(world):
    path = f"/Calls/{in_progress(world).fetch().sid}/Recordings"
    world.post_form(path, transcribed(world))


@transcriptions(place="`POST /Recordings/{Sid}/Transcriptions`", name="later")
def _(world):
    asked = asks_for_recordings(world, events=None)
    world.call(url=document(world), record=True, **asked)
    told = world.sockets.wait(TOLD, 1)[0]
    recording = dict(told.pairs)["RecordingSid"]
    world.sockets.forget()
    path = f"/Recordings/{recording}/Transcriptions"
    world.post_form(path, {"TranscribeCallback": world.url})
