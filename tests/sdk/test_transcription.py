"""Transcriptions: asked for in each way, read and deleted with the real SDK, told once."""

import re

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from native.client import Native
from support import contract
from support.dev import Dev
from support.recogniser import SILENCE, Recogniser
from support.sdk import OURS, THEIRS, assert_verified, client_of, own_number
from support.waiting import wait_for

# A call of half a minute in which the far end speaks.
DOCUMENT = '<Response><Pause length="30"/></Response>'
# What is said of a recogniser that fails, once.
FAILS = "the recogniser fails; transcriptions wait for it"


def post(dev, path, **form):
    """What no SDK has a method for."""
    url = f"{dev.http}/api/laml/2010-04-01/Accounts/{dev.project}{path}"
    return requests.post(url, data=form, auth=(dev.project, dev.token), timeout=20)


def recorded_call(dev, **form):
    order = {"To": THEIRS, "From": OURS, "Twiml": DOCUMENT, "Record": "true"} | form
    answer = post(dev, "/Calls", **order)
    assert answer.status_code == 200, answer.text
    return answer.json()["sid"]


def told(receiver, count=1, within_s=30):
    """The callbacks of transcriptions, once they are so many."""

    def arrived():
        found = [each for each in list(receiver.arrivals) if "TranscriptionSid" in each.params]
        return found if len(found) >= count else None

    found = wait_for(arrived, f"{count} callbacks of transcriptions", within_s)
    assert len(found) == count
    return found


def over(client, sid):
    """The transcription, once it is."""

    def ended():
        found = client.transcriptions(sid).fetch()
        return found if found.status != "in-progress" else None

    return wait_for(ended, "the end of the transcription")


def reasons(dev, sid):
    """What the timeline says beside changes and callbacks."""
    timeline = Native(dev.http, dev.token).get(f"/resources/{sid}/timeline")
    return str(timeline)


def test_a_recorded_call_is_transcribed_and_told_once(dev, client, receiver):
    call = recorded_call(dev, Transcribe="True", TranscribeCallback=receiver.url("/text?tenant=7"))
    [arrival] = told(receiver)

    assert arrival.method == "POST"
    assert arrival.target == "/text?tenant=7"
    assert_verified(dev.key, arrival)
    assert arrival.names == contract.TRANSCRIPTION
    params = arrival.params
    assert params["TranscriptionStatus"] == "completed"
    assert (params["CallSid"], params["From"], params["To"]) == (call, OURS, THEIRS)
    assert (params["AccountSid"], params["Direction"]) == (dev.project, "outbound-api")
    for name in ("TranscriptionSid", "RecordingSid"):
        assert re.fullmatch(contract.UUID, params[name])

    sid = params["TranscriptionSid"]
    found = client.transcriptions(sid).fetch()
    assert found.status == "completed"
    assert found.transcription_text == params["TranscriptionText"] != ""
    assert found.recording_sid == params["RecordingSid"]
    assert str(found.duration) == params["RecordingDuration"]
    assert params["TranscriptionUrl"] == f"{dev.http}{found.uri.removesuffix('.json')}"
    assert [each.sid for each in client.transcriptions.list() if each.sid == sid] == [sid]
    of_recording = client.recordings(found.recording_sid).transcriptions
    assert [each.sid for each in of_recording.list()] == [sid]

    assert client.transcriptions(sid).delete() is True
    with pytest.raises(TwilioRestException) as refused:
        client.transcriptions(sid).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)
    assert of_recording.list() == []


VOICEMAIL = """<Response>
  <Say>Please leave a message.</Say>
  <Record maxLength="20" playBeep="true" transcribe="true" transcribeCallback="/text?box=7"/>
</Response>"""


def test_a_voicemail_is_written_down_as_the_caller_said_it(dev, client, receiver):
    def answer(arrival):
        is_document = arrival.target.startswith("/voice")
        return (VOICEMAIL, 200, {"Content-Type": "text/xml"}) if is_document else 200

    receiver.answer(answer)
    number = own_number()
    client.incoming_phone_numbers.create(phone_number=number, voice_url=receiver.url("/voice"))
    status, made = Native(dev.http, dev.token).post(
        "/simulate/inbound-call",
        {"from": THEIRS, "to": number, "scenario": {"says": ["Please call me back."]}},
    )
    assert status == 201, made
    [arrival] = told(receiver)
    assert_verified(dev.key, arrival)
    assert arrival.target == "/text?box=7", "relative to the document"
    assert arrival.names == contract.TRANSCRIPTION
    params = arrival.params
    assert params["TranscriptionText"] == "Please call me back."
    assert (params["CallSid"], params["Direction"]) == (made["sid"], "inbound")
    assert (params["From"], params["To"]) == (THEIRS, number)


def test_a_live_call_is_recorded_and_transcribed(own_dev, receiver):
    dev = own_dev(time_scale=10)
    client = client_of(dev)
    told_of = {"StatusCallback": receiver.url("/call"), "StatusCallbackEvent": "answered"}
    call = recorded_call(dev, Record="false", **told_of)
    receiver.wait_until(call, "in-progress")
    answer = post(dev, f"/Calls/{call}/Recordings", transcribeCallback=receiver.url("/text"))
    assert answer.status_code == 200, answer.text
    [arrival] = told(receiver)
    assert_verified(dev.key, arrival)
    assert arrival.params["RecordingSid"] == answer.json()["sid"]
    assert arrival.params["TranscriptionText"] != ""
    found = client.recordings(answer.json()["sid"]).transcriptions.list()
    assert [each.sid for each in found] == [arrival.params["TranscriptionSid"]]

    refused = post(dev, f"/Calls/{call}/Recordings", Transcribe="perhaps")
    assert (refused.status_code, refused.json()["code"]) == (422, 10000)


def test_signalwire_strict_keeps_to_the_published_schema(own_dev, receiver):
    dev = own_dev("--dialect=signalwire-strict", time_scale=200)
    recorded_call(dev, TranscribeCallback=receiver.url())
    [arrival] = told(receiver)
    assert_verified(dev.key, arrival)
    assert arrival.names == contract.TRANSCRIPTION_STRICT


def test_a_recording_that_is_there_is_transcribed_again(dev, client, receiver):
    recorded_call(dev, RecordingStatusCallback=receiver.url("/recorded"))
    wait_for(lambda: receiver.arrivals, "a completed recording")
    recording = receiver.arrivals[0].params["RecordingSid"]
    assert client.recordings(recording).transcriptions.list() == []
    path = f"/Recordings/{recording}/Transcriptions"
    answer = post(dev, path, TranscribeCallback=receiver.url())
    assert answer.status_code == 201, answer.text
    begun = answer.json()
    assert (begun["status"], begun["recording_sid"]) == ("in-progress", recording)

    [arrival] = told(receiver)
    assert_verified(dev.key, arrival)
    assert arrival.params["TranscriptionSid"] == begun["sid"]
    assert arrival.params["TranscriptionText"] == over(client, begun["sid"]).transcription_text

    refused = post(dev, path, TranscribeCallback="/relative")
    assert (refused.status_code, refused.json()["code"]) == (422, 21502)


def test_the_answer_is_written_before_the_callback(tmp_path, receiver):
    """Even when the network takes no time at all, a receiver finds the SID."""
    data = tmp_path / "data"
    with Dev.start(tmp_path / "first", data=data, time_scale=200) as dev:
        recorded_call(dev, RecordingStatusCallback=receiver.url("/recorded"))
        wait_for(lambda: receiver.arrivals, "a completed recording")
    recording = receiver.arrivals[0].params["RecordingSid"]
    with Dev.start(tmp_path / "second", data=data, time_scale=1_000_000) as dev:
        written, found = set(), []

        def look(arrival):
            sid = arrival.params["TranscriptionSid"]
            looked = client_of(dev).transcriptions(sid).fetch()
            found.append((looked.sid, looked.status))
            return 200

        receiver.answer(look)
        for _ in range(5):
            path = f"/Recordings/{recording}/Transcriptions"
            answer = post(dev, path, TranscribeCallback=receiver.url())
            written.add((answer.json()["sid"], "completed"))
        told(receiver, 5)
        wait_for(lambda: len(found) == 5, "look-ups")
        assert set(found) == written


def test_a_recogniser_writes_down_what_it_hears(own_dev, receiver):
    with Recogniser(" One two\nthree ") as recogniser:
        dev = own_dev(
            f"--transcription-url={recogniser.url}",
            "--transcription-model=base.en",
            "--transcription-language=en",
            time_scale=200,
        )
        recorded_call(dev, TranscribeCallback=receiver.url())
        [arrival] = told(receiver)
        assert arrival.params["TranscriptionText"] == "One two three"
        [heard] = recogniser.requests
        expected = {"model": "base.en", "response_format": "json", "language": "en"}
        assert heard["form"] == expected
        assert abs(heard["seconds"] - int(arrival.params["RecordingDuration"])) <= 0.5


def test_a_recogniser_that_fails_once_is_asked_again(own_dev, receiver):
    with Recogniser(503, "one two three") as recogniser:
        dev = own_dev(f"--transcription-url={recogniser.url}", time_scale=200)
        dev.expected.append(FAILS)
        recorded_call(dev, TranscribeCallback=receiver.url())
        [arrival] = told(receiver)
        assert arrival.params["TranscriptionText"] == "one two three"
        assert len(recogniser.requests) == 2
        said = reasons(dev, arrival.params["TranscriptionSid"])
        assert "try 1 of 5 failed: the recogniser answered 503; tried again in 5 s" in said


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (500, "the recogniser answered 500"),
        (SILENCE, "the recogniser did not answer within 1000 ms"),
        ("", "the recogniser understood nothing: its text is empty"),
        ("word " * 20_000, "the recogniser's answer is larger than 64 KiB"),
    ],
)
def test_what_the_recogniser_does_not_understand_has_failed(own_dev, receiver, answer, reason):
    with Recogniser(answer) as recogniser:
        dev = own_dev(
            f"--transcription-url={recogniser.url}",
            "--transcription-attempts=1",
            "--transcription-timeout=1s",
            time_scale=200,
        )
        dev.expected.append(FAILS)
        recorded_call(dev, TranscribeCallback=receiver.url())
        [arrival] = told(receiver)
        assert_verified(dev.key, arrival)
        assert arrival.names == contract.TRANSCRIPTION
        params = arrival.params
        assert (params["TranscriptionStatus"], params["TranscriptionText"]) == ("failed", "")
        found = client_of(dev).transcriptions(params["TranscriptionSid"]).fetch()
        assert (found.status, found.transcription_text) == ("failed", None)
        assert reason in reasons(dev, params["TranscriptionSid"])


def test_a_transcription_outlives_a_kill(tmp_path, receiver):
    """Killed while the recogniser listens; the next life asks again, and tells once."""
    with Recogniser(SILENCE, "one two three") as recogniser:
        options = (f"--transcription-url={recogniser.url}",)
        data = tmp_path / "data"
        first = Dev.start(tmp_path / "first", *options, data=data, time_scale=200)
        try:
            recorded_call(first, TranscribeCallback=receiver.url())
            wait_for(lambda: recogniser.requests, "a request to the recogniser")
        finally:
            first.kill()
        assert receiver.arrivals == []
        with Dev.start(tmp_path / "second", *options, data=data, time_scale=200) as second:
            [arrival] = told(receiver)
            assert arrival.params["TranscriptionText"] == "one two three"
            assert_verified(second.key, arrival)
            found = client_of(second).transcriptions.list()
            assert [each.status for each in found] == ["completed"]
        assert len(recogniser.requests) == 2
