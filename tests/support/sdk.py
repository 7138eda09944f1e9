"""The unmodified SDK of PyPI, pointed at a running `ringback dev`."""

import http.server
import itertools
import threading
import time

from signalwire.rest import Client
from signalwire.request_validator import RequestValidator

ADDRESS = "https://127.0.0.1"
OURS = "+15550100001"
# Answered or delivered by the simulated network: no special ending.
THEIRS = "+15550100002"


class _Documents(http.server.BaseHTTPRequestHandler):
    """An application whose document keeps each call for twenty seconds."""

    protocol_version = "HTTP/1.1"
    text = b'<?xml version="1.0" encoding="UTF-8"?>\n<Response><Pause length="20"/></Response>\n'

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(self.text)))
        self.end_headers()
        self.wfile.write(self.text)

    def log_message(self, *_):
        """Nothing: what fails is told by the call's timeline."""


_documents = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Documents)
threading.Thread(target=_documents.serve_forever, daemon=True).start()
DOCUMENT = f"http://127.0.0.1:{_documents.server_address[1]}/voice.xml"

_numbers = itertools.count(int(time.time()) % 1000 * 1000)


def client_of(dev, token=None, project=None):
    """As our README has it: host and port alone, and the CA given to the session."""
    client = Client(
        project or dev.project,
        token or dev.token,
        signalwire_space_url=dev.https.removeprefix("https://"),
    )
    client.http_client.session.verify = dev.ca
    return client


def own_number():
    """A number that no other test uses, with no special ending."""
    return f"+1777{next(_numbers):06d}1"


def verified(key, arrival, url=None):
    """Whether the SDK's validator accepts the request: by Flask's URL, or by `url`."""
    params = arrival.form if arrival.method == "POST" else {}
    return RequestValidator(key).validate(url or arrival.url, params, arrival.signature)


def assert_verified(key, arrival, url=None):
    url = url or arrival.url
    assert verified(key, arrival, url), f"{arrival.method} {arrival.target}, seen as {url}"
