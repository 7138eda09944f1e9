"""What is on the wire: a receiver made of plain sockets, and signatures checked from the bytes.

Nothing here uses a library for HTTP, an SDK or anything of ours: what is wrong on the wire is
not put right before a test sees it.
"""

import base64
import hashlib
import hmac
import json
import socket
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from support.waiting import wait_for

SILENCE_S = 60.0
HEAD_LIMIT = 64 * 1024


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    # Path and query, as in the request line.
    target: str
    # Names in lower case, in order; a name can come twice.
    headers: tuple
    body: bytes

    def header(self, name):
        """The header's only value; None if there is none."""
        found = [value for other, value in self.headers if other == name.lower()]
        assert len(found) <= 1, f"{name} twice: {found}"
        return found[0] if found else None

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def query(self):
        return self.target.partition("?")[2]

    @property
    def url(self):
        return f"http://{self.header('host')}{self.target}"

    @property
    def is_json(self):
        return self.header("content-type") == "application/json"

    @property
    def pairs(self):
        """The parameters in the order of the wire: of the form, the object or the query."""
        if self.is_json:
            return json.loads(self.body, object_pairs_hook=lambda pairs: list(pairs))
        text = self.body.decode("ascii") if self.method == "POST" else self.query
        return parse_qsl(text, keep_blank_values=True, strict_parsing=True)


def signature(key, request):
    """What X-SignalWire-Signature has to be, from the bytes that came."""
    if request.is_json:
        signed = request.url.encode() + request.body
        return hmac.new(key.encode(), signed, hashlib.sha1).hexdigest()
    signed = request.url
    if request.method == "POST":
        signed += "".join(name + value for name, value in sorted(request.pairs, key=by_name))
    return url_signature(key, signed)


def url_signature(key, url):
    """What X-Twilio-Signature has to be, where the URL vouches for the body."""
    digest = hmac.new(key.encode(), url.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def by_name(pair):
    return pair[0].encode()


def longer_signature(key, request):
    """What X-SignalWire-Sha256-Signature has to be, of a JSON body."""
    return hmac.new(key.encode(), request.url.encode() + request.body, hashlib.sha256).hexdigest()


def webhook_signature(key, request):
    """What webhook-signature has to be, after standardwebhooks.com."""
    signed = f"{request.header('webhook-id')}.{request.header('webhook-timestamp')}.".encode()
    digest = hmac.new(key.encode(), signed + request.body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


@dataclass
class Sockets:
    """A receiver: keeps every request, answers 204, or with the page that stands at a path."""

    requests: list = field(default_factory=list)
    pages: dict = field(default_factory=dict)

    def __enter__(self):
        self._open = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        # A thread that waits in accept() is not woken by close() alone.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        for connection in list(self._open):
            connection.close()

    def url(self, target):
        return f"http://127.0.0.1:{self.port}{target}"

    def page(self, path, body, kind="text/xml"):
        """From now on a page stands at `path`; its URL."""
        self.pages[path] = (kind, body.encode())
        return self.url(path)

    def forget(self):
        """As if nothing had come yet."""
        self.requests.clear()

    def at(self, path):
        """What came to `path`, in order."""
        return [request for request in list(self.requests) if request.path == path]

    def wait(self, path, count, within_s=30.0):
        """Waits for so many requests to `path`."""

        def came():
            return f"{count} at {path}; came: {[each.pairs for each in self.at(path)]}"

        wait_for(lambda: len(self.at(path)) >= count, came, within_s)
        return self.at(path)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(SILENCE_S)
        try:
            with connection, connection.makefile("rb") as stream:
                while request := read(stream):
                    self.requests.append(request)
                    connection.sendall(self._answer(request))
        except OSError:
            pass
        finally:
            self._open.discard(connection)

    def _answer(self, request):
        if request.path not in self.pages:
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        kind, body = self.pages[request.path]
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


def read(stream):
    """The next request; None at the connection's end."""
    first = stream.readline(HEAD_LIMIT)
    if not first:
        return None
    method, target, version = first.decode("ascii").rstrip("\r\n").split(" ")
    assert version == "HTTP/1.1", first
    headers = []
    while (line := stream.readline(HEAD_LIMIT)) not in (b"\r\n", b""):
        name, _, value = line.decode("ascii").partition(":")
        headers.append((name.lower(), value.strip()))
    length = next((int(value) for name, value in headers if name == "content-length"), 0)
    return Request(method, target, tuple(headers), stream.read(length))
