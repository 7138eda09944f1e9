"""The network between the server and an example, at its worst: twice, late, out of order.

The server sends to the relay, whose URL was signed; the relay hands requests on as they came, with
the same Host, so the signature holds. What it does to each is drawn from a seed:

- accepted here and handed on later, behind others, perhaps twice; the first one for certain. Handed
  on until it is taken, so the relay loses nothing either;
- handed on at once, and the answer is lost, once: the server is told 503 and sends it again.

One more is forged of each of the first few: with another status, under the old signature.
"""

import http.client
import random
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

LATE_S = 0.4
FORGED = 5
ATTEMPT_S = 10
# As long as the example may be away.
GIVES_UP_S = 60


class Relay:
    """Stands before the example at `target`, which may change.

    What is asked for at the paths of `documents` is handed on as it is: somebody waits for it.
    """

    def __init__(self, seed=0, documents=()):
        self.target = None
        self.documents = documents
        # What the example took, in order: the places in which the requests came here.
        self.taken = []
        self.forged = []
        self.lost = []
        self._came = {}
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._underway = 0
        self._closing = False
        self._pool = ThreadPoolExecutor(64)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def idle(self):
        """Whether nothing is on its way to the example."""
        with self._lock:
            return self._underway == 0

    def repeated(self):
        """Whether the example was told something twice."""
        return len(self.taken) > len(set(self.taken))

    def was_unkind(self):
        """Whether that, and whether it was told something after what came later."""
        behind = any(later < sooner for sooner, later in pairwise(self.taken))
        return self.repeated() and behind

    def close(self):
        self._closing = True
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._pool.shutdown()
        assert not self.lost, f"the example did not take {self.lost}"

    def receive(self, request):
        """What the server is answered."""
        with self._lock:
            # Twice lost would make the server wait for long.
            is_new = request.token not in self._came
            self._came.setdefault(request.token, len(self._came))
            loses_answer = self._random.random() < 0.1 and is_new
            delays = [LATE_S * self._random.random()]
            if self._random.random() < 0.5:
                delays.append(LATE_S * self._random.random())
            elif len(self._came) == 1:
                delays.append(LATE_S)
            forges = len(self.forged) < FORGED
            if forges:
                self.forged.append(None)
                place = len(self.forged) - 1
        if forges:
            self.forged[place] = request.forged().send(self.target)[0]
        if request.path in self.documents:
            return self._now(request)
        if loses_answer:
            self._now(request)
            return 503, b""
        for delay in delays:
            self._start(delay, request)
        return 200, b""

    def _now(self, request):
        try:
            answer = request.send(self.target)
        except OSError:
            return 502, b""
        if answer[0] == 200:
            with self._lock:
                self.taken.append(self._came[request.token])
        return answer

    def _start(self, delay, request):
        with self._lock:
            self._underway += 1
        self._pool.submit(self._hand_on, delay, request)

    def _hand_on(self, delay, request):
        deadline = time.monotonic() + GIVES_UP_S
        try:
            while True:
                time.sleep(delay)
                if self._now(request)[0] == 200:
                    return
                if self._closing or time.monotonic() > deadline:
                    self.lost.append(request.path)
                    return
                delay = 0.05
        finally:
            with self._lock:
                self._underway -= 1


class Request:
    """A request as it came."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body

    @property
    def token(self):
        """The same in every attempt."""
        return next(value for name, value in self.headers if name.lower() == "webhook-id")

    def forged(self):
        """The same, but for its status, which is in the body or, of a GET, in the query."""
        path, body = self.path, self.body
        if self.method == "GET":
            path = changed(path)
        else:
            body = changed(body.decode()).encode()
        assert (path, body) != (self.path, self.body)
        return Request(self.method, path, self.headers, body)

    def send(self, target):
        connection = http.client.HTTPConnection(*target, timeout=ATTEMPT_S)
        try:
            connection.putrequest(self.method, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers:
                if name.lower() != "content-length":
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(self.body)))
            connection.endheaders(self.body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def changed(text):
    return re.sub(r"(Status=|state\":\")[a-z-]+", r"\1busy", text)


def handler(relay):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = list(self.headers.items())
            status, answer = relay.receive(Request(self.command, self.path, headers, body))
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST

        def log_message(self, *_):
            pass

    return Handler
