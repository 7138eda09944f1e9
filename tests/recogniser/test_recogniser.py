"""A real recogniser hears what a real voice said in a simulated call."""

import sys
from pathlib import Path

import pytest
import requests

from support.dev import Dev
from support.sdk import OURS, THEIRS, assert_verified, client_of
from support.waiting import wait_for

SPEAK = Path(__file__).parent / "speak.py"
WORDS = "one two three"
# Silence around, for a recording hears what is said once it has begun.
SILENCE = '<Pause length="4"/>'
DOCUMENT = f"<Response>{SILENCE}<Say>{WORDS}</Say>{SILENCE}</Response>"


@pytest.mark.parametrize("words_a_minute", [160, 175, 200])
def test_what_is_spoken_is_written_down_word_for_word(
    tmp_path, recogniser, receiver, words_a_minute
):
    options = (
        f"--speech={sys.executable} {SPEAK} {words_a_minute}",
        f"--transcription-url={recogniser}",
        "--transcription-model=digits",
    )
    with Dev.start(tmp_path, *options, time_scale=10) as dev:
        # The document's side alone: the far end knows more words than the recogniser.
        order = {
            "To": THEIRS,
            "From": OURS,
            "Twiml": DOCUMENT,
            "Record": "true",
            "RecordingTrack": "outbound",
            "TranscribeCallback": receiver.url(),
        }
        calls = f"{dev.http}/api/laml/2010-04-01/Accounts/{dev.project}/Calls"
        made = requests.post(calls, data=order, auth=(dev.project, dev.token), timeout=20)
        assert made.status_code == 200, made.text
        [told] = wait_for(lambda: list(receiver.arrivals), "the transcription's callback", 60)
        assert_verified(dev.key, told)
        assert told.params["TranscriptionStatus"] == "completed", told.params
        assert told.params["TranscriptionText"] == WORDS
        found = client_of(dev).transcriptions(told.params["TranscriptionSid"]).fetch()
        assert found.transcription_text == WORDS
