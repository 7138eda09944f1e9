"""A door in front of `ringback dev`: what SDKs ask through it, and what they are answered, is kept.

It has the certificate of that `dev`, so that an SDK trusts it in the same way, and it asks on over
https as well. A request passes as it came, but for its Host; so does an answer.
"""

import http.client
import http.server
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

# About one connection, not about what is asked.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. Names of headers are in lower case."""

    method: str
    target: str
    headers: dict
    body: str
    status: int
    answer_headers: dict
    answer: str


class Recorder:
    """Every exchange, in the order of the answers."""

    def __init__(self, dev):
        self.exchanges = []
        upstream = dev.https.removeprefix("https://")
        trust = ssl.create_default_context(cafile=dev.ca)
        handler = type(
            "Handler", (_Handler,), {"recorder": self, "upstream": upstream, "trust": trust}
        )
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.socket = certified(dev).wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


def certified(dev):
    """TLS with the certificate that `dev` made for itself."""
    folder = Path(dev.ca).parent
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem", folder / "leaf.key")
    return context


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer is one write to the socket, when it is whole.
    wbufsize = -1
    disable_nagle_algorithm = True

    def _pass(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kept = {n: v for n, v in self.headers.items() if n.lower() not in HOP_BY_HOP}
        line = http.client.HTTPSConnection(self.upstream, context=self.trust, timeout=60)
        line.request(self.command, self.path, body or None, kept)
        response = line.getresponse()
        answer = response.read()
        line.close()
        self.recorder.exchanges.append(
            Exchange(
                self.command,
                self.path,
                {name.lower(): value for name, value in self.headers.items()},
                body.decode(),
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                answer.decode(),
            )
        )
        self._answer(response, answer)

    def _answer(self, response, answer):
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        if response.status != 204:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass

    def log_message(self, *_):
        """Nothing: what went through is kept."""
