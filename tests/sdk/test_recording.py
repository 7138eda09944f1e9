"""Recordings made with the real SDK: their callbacks, their records, and audio that opens."""

import io
import json
import re
import subprocess
import wave
from decimal import Decimal
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from twilio.base.exceptions import TwilioRestException

from support import contract
from support.dev import Dev, binary
from support.sdk import DOCUMENT, OURS, THEIRS, assert_verified, client_of
from support.waiting import wait_for

# SignalWire's `RecordingStatusCallbackPayload`, then what its older pages add.
PARAMETERS = """AccountSid CallSid RecordingSid RecordingUrl RecordingStatus RecordingDuration
    RecordingChannels RecordingSource RecordingTrack""".split()
SCALE = 10


def make_call(client, **more):
    return client.calls.create(to=THEIRS, from_=OURS, url=DOCUMENT, **more)


def answered(client, call):
    """Waits until the call is in progress."""
    wait_for(lambda: client.calls(call.sid).fetch().status == "in-progress", "an answer")


def arrivals_of(receiver, recording, statuses):
    """The callbacks of a recording, which are these."""

    def found():
        own = [it for it in receiver.arrivals if "RecordingStatus" in it.params]
        arrivals = [it for it in own if it.params["RecordingSid"] == recording]
        return arrivals if len(arrivals) >= len(statuses) else None

    arrivals = wait_for(found, f"{statuses} of {recording}")
    assert [it.params["RecordingStatus"] for it in arrivals] == statuses
    return arrivals


def ended(client, recording, within_s=20.0):
    """The recording, once nothing follows any more."""

    def over():
        fetched = client.recordings(recording).fetch()
        return fetched if fetched.status in ("completed", "absent") else None

    return wait_for(over, f"the end of {recording}", within_s)


def opened(audio):
    """What Python's own module says of a WAV: channels, rate, seconds, and each channel's samples."""
    with wave.open(io.BytesIO(audio)) as file:
        assert (file.getsampwidth(), file.getcomptype()) == (2, "NONE")
        frames = file.readframes(file.getnframes())
        channels = file.getnchannels()
        samples = memoryview(frames).cast("h")
        assert len(samples) == file.getnframes() * channels
        sides = [samples[side::channels] for side in range(channels)]
        return channels, file.getframerate(), file.getnframes() / file.getframerate(), sides


def fetched(url, **headers):
    with urlopen(Request(url, headers={k.replace("_", "-"): v for k, v in headers.items()})) as it:
        return it.status, dict(it.headers), it.read()


def refused(url):
    with pytest.raises(HTTPError) as caught:
        fetched(url)
    return caught.value.code


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_recorded_call_tells_of_its_recording_and_the_audio_opens(own_dev, receiver, method):
    dev = own_dev(time_scale=SCALE)
    client = client_of(dev)
    call = make_call(
        client,
        record=True,
        recording_channels="dual",
        status_callback=receiver.url("/calls"),
        recording_track="both",
        recording_status_callback=receiver.url("/recorded?tenant=7"),
        recording_status_callback_method=method,
        recording_status_callback_event=["in-progress", "completed", "absent"],
    )
    wait_for(lambda: client.recordings.list(call_sid=call.sid), "a recording")
    [recording] = client.recordings.list(call_sid=call.sid)
    first, last = arrivals_of(receiver, recording.sid, ["in-progress", "completed"])

    for arrival in (first, last):
        assert arrival.method == method
        assert_verified(dev.key, arrival)
        names = [name for name in arrival.names if name != "tenant"]
        assert names == PARAMETERS
        params = arrival.params
        assert (params["AccountSid"], params["CallSid"]) == (dev.project, call.sid)
        assert re.fullmatch(contract.UUID, params["RecordingSid"])
        assert (params["RecordingChannels"], params["RecordingSource"]) == ("2", "OutBoundApi")
        assert params["RecordingTrack"] == "both"
    assert first.params["RecordingDuration"] == "0"
    url, seconds = last.params["RecordingUrl"], int(last.params["RecordingDuration"])
    assert first.params["RecordingUrl"] == url and url.startswith(dev.http)
    assert seconds > 0

    record = client.recordings(recording.sid).fetch()
    assert (record.status, int(record.duration), record.channels) == ("completed", seconds, 2)
    assert (record.call_sid, record.source) == (call.sid, "OutBoundApi")
    assert (record.price, record.price_unit) == (Decimal("-0.0025"), "USD")

    # The call tells of it as well.
    [of_call] = [it for it in receiver.of(call.sid) if it.status]
    with_recording = ["RecordingSid", "RecordingUrl"]
    expected = contract.OF_STATUS["completed"] + with_recording
    assert of_call.names == contract.in_order_of(contract.VOICE, expected)
    told = [of_call.params[name] for name in with_recording]
    assert told == [recording.sid, url]

    # Nobody needs credentials in `dev`, and a suffix means the same.
    status, headers, audio = fetched(url)
    assert (status, headers["content-type"]) == (200, "audio/wav")
    assert fetched(f"{url}.wav")[2] == audio
    channels, rate, length, (inbound, outbound) = opened(audio)
    assert (channels, rate) == (2, 8000)
    assert abs(length - seconds) <= 0.5
    assert max(inbound) > 1000, "the far end speaks"
    assert any(inbound[:800]), "silence at its beginning was trimmed"
    assert not any(outbound), "the document says nothing"

    status, headers, part = fetched(url, Range="bytes=44-143")
    assert (status, part) == (206, audio[44:144])
    assert headers["content-range"] == f"bytes 44-143/{len(audio)}"
    assert refused(f"{url}.mp3") == 406
    assert refused(f"{url}.json") == 401


def test_a_recording_is_started_paused_resumed_stopped_listed_and_deleted(own_dev, receiver):
    dev = own_dev(time_scale=SCALE)
    client = client_of(dev)
    call = make_call(client)
    answered(client, call)
    recordings = client.calls(call.sid).recordings
    recording = recordings.create(
        recording_status_callback=receiver.url("/recorded"),
        recording_status_callback_event="in-progress completed absent",
    )
    assert (recording.source, recording.channels) == ("StartCallRecordingApi", 1)
    arrivals_of(receiver, recording.sid, ["in-progress"])
    one = client.calls(call.sid).recordings(recording.sid)
    for status, more in [
        ("paused", {"pause_behavior": "skip"}),
        ("in-progress", {}),
        ("stopped", {}),
    ]:
        assert one.update(status=status, **more).status == status
    last = ended(client, recording.sid)
    arrivals = arrivals_of(receiver, recording.sid, ["in-progress", last.status])
    assert "trim" not in arrivals[-1].params
    with pytest.raises(TwilioRestException) as caught:
        one.update(status="in-progress")
    assert (caught.value.status, caught.value.code) == (422, 21220)

    assert [it.sid for it in recordings.list()] == [recording.sid]
    assert [it.sid for it in client.recordings.list(call_sid=call.sid)] == [recording.sid]
    assert one.fetch().sid == recording.sid
    assert client.recordings(recording.sid).delete()
    assert recordings.list() == []
    with pytest.raises(TwilioRestException) as caught:
        client.recordings(recording.sid).fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)


def test_a_deleted_recording_takes_its_file_with_it(own_dev, receiver):
    dev = own_dev(time_scale=SCALE)
    client = client_of(dev)
    call = make_call(client, record=True, recording_status_callback=receiver.url("/recorded"))
    arrival = wait_for(lambda: receiver.arrivals, "the callback")[0]
    recording, url = arrival.params["RecordingSid"], arrival.params["RecordingUrl"]
    files = list((dev.folder / "data" / "recordings").rglob("*.wav"))
    assert [it.stem for it in files] == [recording]
    assert files[0].read_bytes() == fetched(url)[2]
    assert client.recordings(recording).delete()
    wait_for(lambda: not files[0].exists(), "the file to be removed")
    assert refused(url) == 404
    # What is still owed of it is sent, and the call is none the worse.
    assert client.calls(call.sid).fetch().sid == call.sid


def test_what_has_nothing_on_it_is_absent(own_dev, receiver):
    client = client_of(own_dev(time_scale=1))
    # Answered in real time: the recording is stopped long before a second of it is over.
    call = make_call(client)
    wait_for(lambda: client.calls(call.sid).fetch().status == "in-progress", "an answer", 30)
    recording = client.calls(call.sid).recordings.create(
        recording_status_callback=receiver.url("/recorded"),
        recording_status_callback_event=["absent"],
        trim="trim-silence",
    )
    client.calls(call.sid).recordings(recording.sid).update(status="stopped")
    [arrival] = arrivals_of(receiver, recording.sid, ["absent"])
    assert arrival.params["RecordingDuration"] == "0"
    assert refused(arrival.params["RecordingUrl"]) == 404


def test_what_cannot_be_recorded_is_refused_with_its_code(client):
    call = make_call(client)
    for order, code in [
        ({"recording_status_callback_event": "completed paused"}, 13621),
        ({"recording_status_callback_event": ["resumed"]}, 13621),
        ({"trim": "yes"}, 13699),
        ({"recording_channels": "stereo"}, 10000),
        ({"recording_status_callback": "nonsense"}, 21456),
    ]:
        with pytest.raises(TwilioRestException) as caught:
            client.calls(call.sid).recordings.create(**order)
        assert (caught.value.status, caught.value.code) == (422, code), order
    wait_for(lambda: client.calls(call.sid).fetch().status == "completed", "the end of the call")
    with pytest.raises(TwilioRestException) as caught:
        client.calls(call.sid).recordings.create()
    assert caught.value.code == 21220


def test_a_kill_while_files_are_made_loses_no_recording(tmp_path):
    """Killed at several moments: what is completed has its file, and all come to an end."""
    folder = tmp_path / "dev"
    calls = []
    for life in range(4):
        dev = Dev.start(folder, time_scale=100)
        client = client_of(dev)
        calls += [make_call(client, record=True, trim="do-not-trim") for _ in range(8)]
        stopped = lambda: any(it.status in ("stopped", "completed") for it in client.recordings.list())
        wait_for(stopped, "a recording that is over")
        if life < 3:
            dev.kill()
    with dev:
        for call in calls:
            over = lambda: client.calls(call.sid).fetch().status == "completed"
            wait_for(over, f"the end of {call.sid}")
        recordings = client.recordings.list()
        assert {it.call_sid for it in recordings} == {call.sid for call in calls}
        assert len(recordings) == len(calls)
        base = f"{dev.http}/2010-04-01/Accounts/{dev.project}/Recordings"
        ends = {it.sid: ended(client, it.sid) for it in recordings}
        completed = [it for it in ends.values() if it.status == "completed"]
        # One that was asked for when the process died begins with the next one, in which its call
        # may be over at once: then nothing is on it.
        assert len(completed) >= len(calls) / 2
        for recording in completed:
            _, _, length, _ = opened(fetched(f"{base}/{recording.sid}")[2])
            assert abs(length - int(recording.duration)) <= 0.5
        files = list((folder / "data" / "recordings").rglob("*"))
        files = [it.name for it in files if it.is_file()]
        assert sorted(files) == sorted(f"{it.sid}.wav" for it in completed)
        check = [binary(), "store", "check", "--data", folder / "data"]
        assert subprocess.run(check, capture_output=True, check=False).returncode == 0


def slow_speech(folder):
    """A program that speaks for a minute, and says that it has begun."""
    begun, program = folder / "begun", folder / "speak"
    program.write_text(f"#!/bin/sh\ntouch {begun}\nexec sleep 60\n")
    program.chmod(0o755)
    return begun, program


def checked(dev):
    """What `ringback store check` says, beside the running process."""
    command = [binary(), "store", "check", "--json", "--data", dev.folder / "data"]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def test_a_file_that_is_being_made_survives_a_check_and_is_made_again_after_a_kill(tmp_path):
    begun, program = slow_speech(tmp_path)
    dev = Dev.start(tmp_path / "dev", f"--speech={program}", time_scale=SCALE)
    try:
        call = make_call(client_of(dev), record=True)
        wait_for(begun.exists, "the file to be begun")
        [part] = (dev.folder / "data" / "recordings").rglob("*.part")
        assert checked(dev)["orphans"] == 0
        assert part.exists(), "it is being written"
        [recording] = client_of(dev).recordings.list(call_sid=call.sid)
        assert recording.status == "stopped", "not completed without its file"
    finally:
        dev.kill()
    with Dev.start(tmp_path / "dev", "--speech=off", time_scale=SCALE) as dev:
        last = ended(client_of(dev), recording.sid)
        assert last.status == "completed"
        base = f"{dev.http}/2010-04-01/Accounts/{dev.project}/Recordings"
        _, _, length, _ = opened(fetched(f"{base}/{last.sid}")[2])
        assert abs(length - int(last.duration)) <= 0.5
        assert not part.exists()
        found = checked(dev)
        assert (found["recordings"], found["orphans"], found["sound"]) == (1, 0, True)


def test_a_file_that_cannot_be_written_fails_its_recording_alone(own_dev, receiver):
    dev = own_dev(time_scale=SCALE)
    dev.expected.append("the file of a recording cannot be written")
    # Where the folder should be: nothing can be made in there, by root neither.
    (dev.folder / "data" / "recordings").write_text("")
    client = client_of(dev)
    call = make_call(
        client,
        record=True,
        recording_status_callback=receiver.url("/recorded"),
        recording_status_callback_event="absent",
        status_callback=receiver.url("/calls"),
    )
    [recording] = wait_for(lambda: client.recordings.list(call_sid=call.sid), "a recording")
    [arrival] = arrivals_of(receiver, recording.sid, ["failed"])
    assert arrival.params["ErrorCode"] == "20001"
    assert ended(client, recording.sid).status == "absent"
    wait_for(lambda: [it for it in receiver.of(call.sid) if it.status == "completed"], "the call")
