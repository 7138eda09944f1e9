"""A client of the native API, made of the standard library alone: it needs no SDK."""

import base64
import json
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TIMEOUT_S = 20


class Native:
    """Asks `/v1` with a bearer token."""

    def __init__(self, base, token):
        self.base = base.rstrip("/")
        self.authorization = f"Bearer {token}"

    @classmethod
    def basic(cls, base, project, token):
        client = cls(base, token)
        encoded = base64.b64encode(f"{project}:{token}".encode()).decode()
        client.authorization = f"Basic {encoded}"
        return client

    def ask(self, method, path, body=None, kind="application/json"):
        """Status and body; the body as JSON."""
        headers = {"Authorization": self.authorization}
        if body is not None:
            headers["Content-Type"] = kind
        request = Request(self.base + "/v1" + path, data=body, headers=headers, method=method)
        try:
            with urlopen(request, timeout=TIMEOUT_S) as answer:
                return answer.status, json.loads(answer.read())
        except HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def get(self, path):
        status, found = self.ask("GET", path)
        assert status == 200, (path, found)
        return found

    def post(self, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        return self.ask("POST", path, body)

    def report(self, **report):
        return self.post("/changes", report)

    def lines(self, reports, results=False):
        """The summary, or with `results` what became of each line and the summary."""
        body = "".join(json.dumps(report) + "\n" for report in reports).encode()
        if not results:
            return self.ask("POST", "/changes", body, "application/x-ndjson")
        headers = {"Authorization": self.authorization, "Content-Type": "application/x-ndjson"}
        request = Request(f"{self.base}/v1/changes?results=all", data=body, headers=headers)
        with urlopen(request, timeout=TIMEOUT_S) as answer:
            found = [json.loads(line) for line in answer]
        return found[:-1], found[-1]
