"""A client of the REST surfaces that keeps every request with its answer.

Made of the standard library alone: no SDK puts right what is wrong on the wire.
"""

import base64
import http.client
import json
import urllib.parse
from dataclasses import dataclass

TIMEOUT_S = 20
LAML = "/api/laml/2010-04-01"
REGISTRY = "/api/relay/rest/registry/beta"
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    method: str
    # Without its query.
    path: str
    status: int
    # The answer's Content-Type, without parameters; empty if it has none.
    media_type: str
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.method} {self.path}: {self.status} {self.body[:2000]!r}"


class Rest:
    """Asks a running `ringback dev`, as its project."""

    def __init__(self, dev):
        self.dev = dev
        self.exchanges = []
        self._host = dev.http.removeprefix("http://").rstrip("/")

    @property
    def account(self):
        """The path of the project that asks."""
        return f"{LAML}/Accounts/{self.dev.project}"

    def ask(self, method, path, form=None, value=None, token=None):
        """Sends a request, with a form or a JSON value; what came of it."""
        body, headers = None, {"Authorization": self._basic(token or self.dev.token)}
        if form is not None:
            body, headers["Content-Type"] = urllib.parse.urlencode(form, doseq=True), FORM
        if value is not None:
            body, headers["Content-Type"] = json.dumps(value), JSON
        connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_S)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            kind = (answer.getheader("Content-Type") or "").partition(";")[0]
            only = path.partition("?")[0]
            exchange = Exchange(method, only, answer.status, kind, answer.read())
        finally:
            connection.close()
        self.exchanges.append(exchange)
        return exchange

    def done(self, method, path, form=None, value=None):
        """The same, of a request that succeeds; its answer's JSON, if it has any."""
        exchange = self.ask(method, path, form, value)
        assert exchange.status < 300, exchange
        return exchange.json if exchange.body else None

    def get(self, path):
        return self.done("GET", path)

    def post(self, path, **form):
        """Of the compatible surface: `path` is below the account."""
        return self.done("POST", self.account + path, form)

    def _basic(self, token):
        user = f"{self.dev.project}:{token}".encode()
        return f"Basic {base64.b64encode(user).decode()}"
