"""A recogniser that hears what the test says: `POST /v1/audio/transcriptions`, on loopback.

It keeps every request. `answers` are given in turn, and the last one stays: a text, a status, or
`SILENCE`, for which the client waits in vain.
"""

import io
import threading
import wave

from flask import Flask, jsonify, request
from werkzeug.serving import make_server

SILENCE = object()


class Recogniser:
    def __init__(self, *answers):
        self.requests = []
        self.answers = list(answers)
        self._closed = threading.Event()
        app = Flask("recogniser")
        app.add_url_rule("/v1/audio/transcriptions", view_func=self._hear, methods=["POST"])
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}/v1/audio/transcriptions"

    def _hear(self):
        audio = request.files["file"].read()
        self.requests.append({"form": request.form.to_dict(), "seconds": seconds(audio)})
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if answer is SILENCE:
            self._closed.wait(60)
            return "", 500
        return ("", answer) if isinstance(answer, int) else jsonify(text=answer)

    def close(self):
        self._closed.set()
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def seconds(audio):
    """How long a WAV file is."""
    with wave.open(io.BytesIO(audio)) as file:
        return file.getnframes() / file.getframerate()
