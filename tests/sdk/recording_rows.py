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


def in_progress(world, says="Hello."):
    """A call that is in progress for some seconds more: its time goes slower."""
    world.restart(time_scale=SLOW)
    sid = world.call(url=document(world, says))
    world.wait_until(sid, "in-progress")
    return world.client.calls(sid)


def recorded(world, says="Hello.", **more):
    """A recording of a call in progress: it ends with the call."""
    call = in_progress(world, says)
    recording = call.recordings.create(**asks_for_recordings(world), **more)
    for status in ["paused", "in-progress"]:
        call.recordings(recording.sid).update(status=status)
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
    # What the document says: nothing.
    return recorded(world, says=None, recording_track="outbound")


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
    order = {"To": THEIRS, "From": OURS, "Url": document(world), "Record": "true"}
    world.post_form("/Calls", order | transcribed(world))


@row("transcription", place="`POST /Calls/{CallSid}/Recordings`", name="Transcribe", **TEXT)
def _(world):
    path = f"/Calls/{in_progress(world).fetch().sid}/Recordings"
    world.post_form(path, transcribed(world))


@row("transcription", place="`POST /Recordings/{Sid}/Transcriptions`", name="later", **TEXT)
def _(world):
    asked = asks_for_recordings(world, events=None)
    world.call(url=document(world), record=True, **asked)
    told = world.sockets.wait(TOLD, 1)[0]
    recording = dict(told.pairs)["RecordingSid"]
    world.sockets.forget()
    path = f"/Recordings/{recording}/Transcriptions"
    world.post_form(path, {"TranscribeCallback": world.url})
