"""Rows of test_types whose recordings and transcriptions are asked for over REST."""

from callback_rows import SLOW, TOLD, row
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


def document(world, seconds):
    """A document that says something and then waits; its URL."""
    words = "This call is recorded, so that there is something to hear."
    verbs = f"<Say>{words}</Say><Pause length='{seconds}'/>"
    return world.sockets.page("/document", f"<Response>{verbs}</Response>")


@row("recording", place="`POST /Calls`", name="Record=true", **BEGINS_AND_ENDS)
def _(world):
    world.call(url=document(world, 20), record=True, **asks_for_recordings(world))


@row("recording", place="`POST /Calls`", name="by default", **BY_DEFAULT)
def _(world):
    asked = asks_for_recordings(world, events=None)
    world.call(url=document(world, 20), record=True, **asked)


def in_progress(world):
    """A call that is in progress and stays so: its time goes slower."""
    world.restart(time_scale=SLOW)
    sid = world.call(url=document(world, 600))
    world.wait_until(sid, "in-progress")
    return sid


def recorded(world, **more):
    """A recording of a call in progress, stopped; then the call is hung up."""
    sid = in_progress(world)
    call = world.client.calls(sid)
    recording = call.recordings.create(**asks_for_recordings(world), **more)
    for status in ["paused", "in-progress"]:
        call.recordings(recording.sid).update(status=status)
    # One that is shorter than a second is absent.
    world.after(1)
    call.recordings(recording.sid).update(status="stopped")
    call.update(status="completed")
    return recording.sid


@row("recording", place="`POST /Calls/{CallSid}/Recordings`", name="stopped", **BEGINS_AND_ENDS)
def _(world):
    return recorded(world)


@row(
    "recording",
    place="`POST /Calls/{CallSid}/Recordings`",
    name="silent",
    statuses=["in-progress", "absent"],
    known=on_a_track,
)
def _(world):
    # What the document says while it pauses: nothing.
    return recorded(world, recording_track="outbound")


TEXT = {
    "statuses": ["completed"],
    "methods": ("POST",),
    "known": lambda _: {"call", "length"},
}


def transcribed(world):
    """What the SDK has no parameter for."""
    return {"Transcribe": "true", "TranscribeCallback": world.url}


@row("transcription", place="`POST /Calls`", name="Transcribe", **TEXT)
def _(world):
    order = {"To": THEIRS, "From": OURS, "Url": document(world, 20), "Record": "true"}
    world.post_form("/Calls", order | transcribed(world))


@row("transcription", place="`POST /Calls/{CallSid}/Recordings`", name="Transcribe", **TEXT)
def _(world):
    call = in_progress(world)
    world.post_form(f"/Calls/{call}/Recordings", transcribed(world))
    world.after(1)
    world.client.calls(call).update(status="completed")


@row("transcription", place="`POST /Recordings/{Sid}/Transcriptions`", name="later", **TEXT)
def _(world):
    asked = asks_for_recordings(world, events=None)
    world.call(url=document(world, 20), record=True, **asked)
    told = world.sockets.wait(TOLD, 1)[0]
    recording = dict(told.pairs)["RecordingSid"]
    world.sockets.forget()
    path = f"/Recordings/{recording}/Transcriptions"
    world.post_form(path, {"TranscribeCallback": world.url})
