"""A webhook receiver as our users write them: a real Flask application.

It keeps every request as it came, and answers what the test says (200 by default). Flask runs
on werkzeug's own server, in a thread, on a free loopback port.
"""

import json
import logging
import socket
import socketserver
import threading
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from flask import Flask, request
from werkzeug.serving import ThreadedWSGIServer

from support.waiting import wait_for

logging.getLogger("werkzeug").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Arrival:
    """One request, as Flask saw it and as it stood on the wire."""

    method: str
    # What Flask says the URL is. It decodes and re-encodes some of it.
    url: str
    # Path and query exactly as in the request line.
    target: str
    scheme: str
    headers: dict
    body: bytes
    form: dict

    @property
    def pairs(self):
        """The callback's parameters in the order of the wire."""
        text = self.body.decode() if self.method == "POST" else urlsplit(self.target).query
        return parse_qsl(text, keep_blank_values=True)

    @property
    def names(self):
        return [name for name, _ in self.pairs]

    @property
    def params(self):
        return dict(self.pairs)

    @property
    def json(self):
        """The fields, in the order of the wire, of what is sent as JSON; else none."""
        is_json = self.headers.get("content-type", "").startswith("application/json")
        return json.loads(self.body) if is_json else {}

    @property
    def sid(self):
        named = self.json or self.params
        return named.get("CallSid") or named.get("MessageSid") or named.get("id")

    @property
    def status(self):
        named = self.json or self.params
        return named.get("CallStatus") or named.get("MessageStatus") or named.get("status")

    @property
    def token(self):
        return self.headers["webhook-id"]

    @property
    def signature(self):
        return self.headers["x-signalwire-signature"]

    @property
    def raw_url(self):
        """The URL from the Host header and the raw request target."""
        return f"{self.scheme}://{self.headers['host']}{self.target}"


class Server(ThreadedWSGIServer):
    """werkzeug's own, that asks no name server what its address is called: no test sends a packet
    beyond loopback, and an address that is not in /etc/hosts would be asked for."""

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]


class Receiver:
    """The application, its server and what arrived."""

    def __init__(self, host="127.0.0.1", port=0, ssl_context=None):
        self.arrivals = []
        self._answer = None
        app = Flask("receiver")
        # `//` in a path is the sender's business.
        app.url_map.merge_slashes = False
        for rule in ("/", "/<path:path>"):
            app.add_url_rule(rule, view_func=self._receive, methods=["GET", "POST"])
        self._server = Server(host, port, app, ssl_context=ssl_context)
        self.scheme = "https" if ssl_context else "http"
        self.port = self._server.server_port
        self.host = f"[{host}]" if self._server.address_family == socket.AF_INET6 else host
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.02,), daemon=True)
        self._thread.start()

    def answer(self, decide):
        """From now on `decide(arrival)` says the answer: a status, or what a Flask view returns."""
        self._answer = decide

    def url(self, rest="/status"):
        return f"{self.scheme}://{self.host}:{self.port}{rest}"

    def of(self, sid):
        """What arrived for this call or message, in order."""
        return [arrival for arrival in list(self.arrivals) if arrival.sid == sid]

    def wait(self, sid, statuses, within_s=20.0):
        """Waits until the callbacks of `sid` are as many as `statuses`, and are these."""
        statuses = list(statuses)

        def enough():
            found = self.of(sid)
            return found if len(found) >= len(statuses) else None

        found = wait_for(
            enough,
            lambda: f"{statuses}; arrived: {[each.status for each in self.of(sid)]}",
            within_s,
        )
        assert [each.status for each in found] == statuses
        return found

    def wait_until(self, sid, status, within_s=20.0):
        """Waits for the callback that says `status`; all that arrived until then."""

        def said():
            found = self.of(sid)
            return found if any(arrival.status == status for arrival in found) else None

        return wait_for(
            said,
            lambda: f"{status}; arrived: {[each.status for each in self.of(sid)]}",
            within_s,
        )

    def close(self):
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _receive(self, path=""):
        # Read before `request.form`, which would use it up.
        body = request.get_data(cache=True)
        arrival = Arrival(
            method=request.method,
            url=request.url,
            target=request.environ["RAW_URI"],
            scheme=request.scheme,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            form=request.form.to_dict(),
        )
        self.arrivals.append(arrival)
        if self._answer is None:
            return "", 200
        answer = self._answer(arrival)
        return ("", answer) if isinstance(answer, int) else answer
