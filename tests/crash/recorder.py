"""A webhook receiver that outlives the crashes: it keeps what arrived, and sometimes says 503.

Standard library alone. What it says depends on the seed and on the callback's id, so that each
callback is refused at most once.
"""

import hashlib
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

REFUSED_OF_1000 = 20


@dataclass(frozen=True)
class Arrival:
    """One request: which callback of which resource, and what it was answered."""

    sid: str
    callback: str
    status: str
    sequence: str | None
    answer: int


class Server(ThreadingHTTPServer):
    """Says nothing when the sender was killed in the middle of a request."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Recorder:
    """Keeps every arrival, in order."""

    def __init__(self, seed):
        self.seed = seed
        self.arrivals = []
        self._seen = set()
        self._lock = threading.Lock()
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/status"
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def snapshot(self):
        with self._lock:
            return list(self.arrivals)

    def record(self, callback, form):
        """Keeps an arrival, durably for the test, before it is answered."""
        one = {name: values[0] for name, values in form.items()}
        with self._lock:
            first = callback not in self._seen
            self._seen.add(callback)
            answer = 503 if first and self._refuses(callback) else 200
            self.arrivals.append(
                Arrival(
                    sid=one.get("CallSid") or one["MessageSid"],
                    callback=callback,
                    status=one.get("CallStatus") or one["MessageStatus"],
                    sequence=one.get("SequenceNumber"),
                    answer=answer,
                )
            )
        return answer

    def _refuses(self, callback):
        digest = hashlib.sha256(f"{self.seed} {callback}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % 1000 < REFUSED_OF_1000

    def _handler(recorder):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Without it each answer waits for the sender's delayed acknowledgement.
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = recorder.record(
                    self.headers["webhook-id"], parse_qs(body.decode(), keep_blank_values=True)
                )
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler
