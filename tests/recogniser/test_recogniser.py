"""A real recogniser hears what a real voice said."""

import io
import subprocess
import sys
import wave
from array import array
from pathlib import Path

import pytest
import requests

SPEAK = Path(__file__).parent / "speak.py"
WORDS = "one two three"
TELEPHONE_HZ = 8_000


def telephone(path):
    """The WAV file at `path` as a telephone carries it, with half a second of silence around."""
    with wave.open(str(path)) as file:
        hz, frames = file.getframerate(), array("h", file.readframes(file.getnframes()))
    wanted = range(int(len(frames) * TELEPHONE_HZ / hz))
    silence = array("h", bytes(TELEPHONE_HZ))
    audio = io.BytesIO()
    with wave.open(audio, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(TELEPHONE_HZ)
        spoken = array("h", (frames[int(index * hz / TELEPHONE_HZ)] for index in wanted))
        file.writeframes((silence + spoken + silence).tobytes())
    return audio.getvalue()


@pytest.mark.parametrize("words_a_minute", [160, 175, 200])
def test_what_is_spoken_is_heard_word_for_word(recogniser, tmp_path, words_a_minute):
    path = tmp_path / "spoken.wav"
    subprocess.run([sys.executable, SPEAK, WORDS, path, str(words_a_minute)], check=True)
    files = {"file": ("recording.wav", telephone(path), "audio/wav")}
    answer = requests.post(recogniser, data={"model": "digits"}, files=files, timeout=60)
    assert answer.json() == {"text": WORDS}
