"""The application that a driver is: it gets the callbacks, and says what became of each thing.

Used by the drivers of the Python SDKs, which run in environments of their own: nothing but the
standard library is used here. Each line of standard output is one JSON object.
"""

import base64
import http.server
import json
import os
import ssl
import threading
import time
import urllib.request
from urllib.parse import parse_qsl, urlencode

URL = os.environ["RINGBACK_URL"]
HOST = URL.removeprefix("https://")
PROJECT = os.environ["RINGBACK_PROJECT"]
TOKEN = os.environ["RINGBACK_TOKEN"]
KEY = os.environ["RINGBACK_SIGNING_KEY"]
CA = os.environ["RINGBACK_CA"]
WITHIN_S = 60.0

DOCUMENTS = {
    "/documents/long": '<Response><Pause length="3600"/></Response>',
    "/documents/bye": "<Response><Hangup/></Response>",
    "/documents/voicemail": """<Response>
        <Say>Please leave a message.</Say>
        <Record maxLength="5" action="/documents/bye" recordingStatusCallback="/recorded"
            transcribe="true" transcribeCallback="/transcribed"/>
    </Response>""",
}


def tell(operation, **got):
    """What the SDK made of an operation, for the test."""
    print(json.dumps({"operation": operation} | got, default=str), flush=True)


def report(**report):
    """What no SDK has: tells Ringback what became of something."""
    answer = asked("POST", "/v1/changes", "application/json", json.dumps(report))
    assert answer["taken"] == 1, answer


def ask(method, path, form):
    """Asks what the SDK has nothing for, by a form."""
    return asked(method, path, "application/x-www-form-urlencoded", urlencode(form))


def asked(method, path, kind, body):
    credentials = base64.b64encode(f"{PROJECT}:{TOKEN}".encode()).decode()
    headers = {"Content-Type": kind, "Authorization": f"Basic {credentials}"}
    request = urllib.request.Request(URL + path, body.encode(), headers, method=method)
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=CA)) as answer:
        return json.load(answer)


class Application:
    """Serves the documents and keeps every callback, after it was verified."""

    def __init__(self, verified):
        """`verified(callback)` asks the SDK's own validator."""
        self.verified = verified
        self.callbacks = []
        self.arrived = threading.Condition()
        handler = type("Handler", (_Handler,), {"application": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, callback):
        callback["verified"] = self.verified(callback)
        callback["tampered"] = self.verified({**callback, "body": tampered(callback["body"])})
        with self.arrived:
            self.callbacks.append(callback)
            self.arrived.notify_all()

    def wait(self, path, **expected):
        """The parameters of the first callback to `path` that has these."""
        until = time.monotonic() + WITHIN_S

        def found():
            for callback in self.callbacks:
                fits = expected.items() <= parameters(callback).items()
                if fits and path_of(callback) == path:
                    return parameters(callback)
            return None

        with self.arrived:
            while not found():
                left = until - time.monotonic()
                assert left > 0, f"no callback to {path} with {expected}: {self.callbacks}"
                self.arrived.wait(left)
            return found()

    def close(self):
        """Tells of every callback, by the path that it came to, in the order of arrival.

        What is of several numbers comes in any order: it is told by number.
        """
        self.server.shutdown()
        for callback in sorted(self.callbacks, key=place_of):
            print(json.dumps({"callback": callback}), flush=True)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        document = DOCUMENTS.get(self.path)
        if document is None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            url = f"http://{headers['host']}{self.path}"
            self.application.take(
                {
                    "method": "POST",
                    "target": self.path,
                    "url": url,
                    "headers": headers,
                    "body": body,
                }
            )
        answer = (document or "").encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Nothing: standard output is for the test."""


def tampered(body):
    """The body with another last value."""
    return body[:-2] + 'x"}' if body.endswith('"}') else body + "x"


def path_of(callback):
    return callback["target"].partition("?")[0]


def place_of(callback):
    return path_of(callback), parameters(callback).get("phone_number", "")


def is_json(callback):
    return callback["headers"]["content-type"].startswith("application/json")


def parameters(callback):
    """The parameters of a callback, of whichever form its body is."""
    if is_json(callback):
        return json.loads(callback["body"])
    return dict(parse_qsl(callback["body"], keep_blank_values=True))
