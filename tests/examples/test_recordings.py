"""The examples about recordings and what is said in them."""

import json
import re
from urllib.parse import quote
from urllib.request import urlopen

import pytest

import traffic as made
from examples import picture
from examples.mailbox import Mailbox
from support.receiver import Receiver

RECEIVER = "+15550109999"


# Slow enough for recordings that last some seconds.
@pytest.mark.parametrize("dev", [20], indirect=True)
def test_each_recording_is_sent_once_and_its_link_returns_audio(example, traffic):
    app = example("recording-to-sms", f"--to={RECEIVER}")
    to = traffic(app)
    calls = made.recording_to_sms(to)
    app.wait_for_report("3 sent")
    sent = [message.body for message in to.client.messages.list(to=RECEIVER)]
    assert len(sent) == 3
    for call in calls:
        [body] = [body for body in sent if call in body]
        [recording] = to.client.recordings.list(call_sid=call)
        [url] = re.findall(r"http://\S+", body)
        assert recording.sid in url
        with urlopen(url, timeout=20) as audio:
            assert (audio.headers["Content-Type"], audio.read(4)) == ("audio/wav", b"RIFF")
    picture.check(app)


def test_each_transcription_is_sent_once(example, traffic):
    app = example("transcription-to-sms", f"--to={RECEIVER}")
    to = traffic(app)
    calls = made.transcription_to_sms(to)
    app.wait_for_report(*made.SAYINGS)
    sent = [message.body for message in to.client.messages.list(to=RECEIVER)]
    expected = zip(made.SAYINGS, calls, strict=True)
    assert sorted(sent) == sorted(
        f'{made.ANSWERED} said: "{saying}" (call {call})' for saying, call in expected
    )
    picture.check(app)


def test_each_voicemail_is_mailed_once_also_when_the_mail_server_was_away(example, traffic):
    with Mailbox(away=2) as mailbox:
        app = example(
            "voicemail-transcription-to-email",
            f"--smtp={mailbox.address}",
            documents=("/voice_entry", "/hangup"),
            expected=["SMTPConnectError"],
        )
        to = traffic(app)
        made.voicemail_transcription_to_email(to)
        app.wait_for_report("3 mails sent")
        assert mailbox.away == 0
        texts = [letter.get_content() for letter in mailbox.letters]
        assert sorted(text.splitlines()[0] for text in texts) == sorted(made.SAYINGS)
        spoken = to.client.transcriptions.list()
        assert {letter["Message-ID"] for letter in mailbox.letters} == {
            f"<{one.sid}@voicemail.example.com>" for one in spoken
        }
        for letter in mailbox.letters:
            assert letter["Subject"] == f"Voicemail from {made.ANSWERED}"
            assert letter["To"] == "office@example.com"
        for recording in to.client.recordings.list():
            assert any(f"{recording.duration} seconds: " in t and recording.sid in t for t in texts)
        picture.check(app)


def test_transcripts_are_found_by_their_words_and_forwarded_once_each(example, traffic):
    with Receiver() as office:
        office.answer(lambda _: 503 if len(office.arrivals) <= 2 else 204)
        app = example("transcript-search", f"--forward={office.url('/in')}", expected=["HTTPError"])
        to = traffic(app)
        made.transcript_search(to)
        app.wait_for_report("3 transcripts", *(f"yes        {text}" for text in made.SAYINGS))
        picture.check(app)

        taken = [arrival for arrival in office.arrivals[2:]]
        assert sorted(arrival.json["text"] for arrival in taken) == sorted(made.SAYINGS)
        keys = {arrival.headers["idempotency-key"] for arrival in office.arrivals}
        assert keys == {one.sid for one in to.client.transcriptions.list()}

        def found(query):
            return [one["text"] for one in json.loads(app.get(f"/search?q={quote(query)}"))]

        assert found("tables") == ["I would like a table for four at eight."]
        assert found("order back") == ["My order has not come, please call me back."]
        assert found("order eight") == found("") == found('"') == found("NEAR( *") == []
        # What a caller says stays text.
        hostile = ["<script>refund</script>"]
        made.leave_transcripts(to, "+15550105005", "/transcripts", hostile)
        app.wait_for_report("4 transcripts")
        assert "&lt;script&gt;<mark>refund</mark>&lt;/script&gt;" in app.get("/?q=refund")
