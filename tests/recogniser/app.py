"""A recogniser for digits: pocketsphinx behind the API that OpenAI calls
`POST /v1/audio/transcriptions`, in a few lines of Flask.

It knows the words of its grammar alone, and is right about a few of them, spoken clearly.
"""

import io
import wave
from array import array

from flask import Flask, jsonify, request
from pocketsphinx import Decoder

GRAMMAR = """#JSGF V1.0;
grammar digits;
public <digits> = <digit>+;
<digit> = zero | one | two | three | four | five | six | seven | eight | nine;
"""
# What its model was made from; telephones have half of it.
HZ = 16_000

app = Flask("recogniser")


@app.post("/v1/audio/transcriptions")
def transcribe():
    if not request.form.get("model") or "file" not in request.files:
        return jsonify(error={"message": "model and file are needed"}), 400
    return jsonify(text=heard(request.files["file"].read()))


def heard(audio):
    """The digits that are said in a WAV file."""
    decoder = Decoder(samprate=HZ, logfn="/dev/null")
    decoder.add_jsgf_string("digits", GRAMMAR)
    decoder.activate_search("digits")
    decoder.start_utt()
    decoder.process_raw(samples(audio), full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return hypothesis.hypstr if hypothesis else ""


def samples(audio):
    """The first channel at 16 kHz, with the means of neighbours in between."""
    with wave.open(io.BytesIO(audio)) as file:
        assert (file.getsampwidth(), file.getframerate()) == (2, HZ // 2), "a telephone's WAV"
        frames = array("h", file.readframes(file.getnframes()))[:: file.getnchannels()]
    doubled = array("h", bytes(4 * len(frames)))
    doubled[::2] = frames
    doubled[1::2] = array("h", ((a + b) // 2 for a, b in zip(frames, frames[1:] + frames[-1:])))
    return doubled.tobytes()
