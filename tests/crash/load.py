"""Load: threads that make calls and messages over plain HTTP and keep what was acknowledged.

Standard library alone. Acknowledged is what was answered with 2xx, read to its last byte; what
else was sent when the server died may have been recorded or not.
"""

import base64
import http.client
import json
import threading
from urllib.parse import urlencode

THREADS = 6
PAUSE_S = 0.012
DOCUMENT = '<Response><Pause length="20"/></Response>'


class Load:
    """Keeps the server busy while `serving` is set."""

    def __init__(self, project, token, callback_url, random):
        self.acknowledged = {}
        self.unanswered = 0
        self.unexpected = []
        self.serving = threading.Event()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._path = f"/2010-04-01/Accounts/{project}"
        self._headers = {
            "Authorization": "Basic "
            + base64.b64encode(f"{project}:{token}".encode()).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._callback_url = callback_url
        self._address = None
        seeds = [random.getrandbits(32) for _ in range(THREADS)]
        self._threads = [
            threading.Thread(target=self._work, args=(seed,), daemon=True) for seed in seeds
        ]

    def start(self):
        for thread in self._threads:
            thread.start()

    def resume(self, address):
        """The server listens at `address`, a host and a port."""
        self._address = address
        self.serving.set()

    def pause(self):
        self.serving.clear()

    def stop(self):
        self._over.set()
        self.serving.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), "a thread of the load hangs"

    def snapshot(self):
        with self._lock:
            return dict(self.acknowledged)

    def _work(self, seed):
        connection, number = None, 0
        while not self._over.wait(PAUSE_S):
            self.serving.wait()
            number += 1
            try:
                if connection is None:
                    connection = http.client.HTTPConnection(*self._address, timeout=10)
                kind, path, form = self._order(seed, number)
                connection.request("POST", self._path + path, urlencode(form, True), self._headers)
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                # It was killed: whether this was recorded is not known.
                with self._lock:
                    self.unanswered += 1
                connection.close()
                connection = None
                continue
            with self._lock:
                if answer.status in (200, 201):
                    self.acknowledged[json.loads(body)["sid"]] = kind
                else:
                    self.unexpected.append((answer.status, body))
        if connection is not None:
            connection.close()

    def _order(self, seed, number):
        order = {
            "To": f"+1777{seed % 1000:03d}{number % 1000:03d}1",
            "From": "+15550100001",
            "StatusCallback": self._callback_url,
        }
        if number % 4 == 0:
            events = ["initiated", "ringing", "answered", "completed"]
            return "call", "/Calls", order | {"Laml": DOCUMENT, "StatusCallbackEvent": events}
        return "message", "/Messages", order | {"Body": f"number {number} of {seed}"}
