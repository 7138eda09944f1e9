"""What was exchanged, as text that is the same each time: it is compared with what is stored.

Times, ids, ports, secrets and what depends on how long things took are replaced by what they
are. An id keeps its number throughout, so that one in the place of another is a difference.
"""

import base64
import difflib
import json
import os
import re
from pathlib import Path
from urllib.parse import parse_qsl

FOLDER = Path(__file__).parent / "snapshots"
REQUEST_HEADERS = ["authorization", "content-type", "accept"]
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
DAY = r"\d{4}-\d{2}-\d{2}"
MASKS = [
    (r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} \+0000", "<time>"),
    (rf"(?!2020){DAY}T\d{{2}}:\d{{2}}:\d{{2}}(\.\d+)?Z", "<time>"),
    (r"\bP[AB][0-9a-zA-Z_-]{10,}", "<page token>"),
    (r"bodySHA256=[0-9a-f]{64}", "bodySHA256=<hash of the body>"),
    (r"Ringback/\d+\.\d+\.\d+", "Ringback/<version>"),
    (r"\bPSK_[0-9a-zA-Z_]+", "<signing key>"),
]
# What depends on how long something took, by its name in JSON and in callbacks.
MEASURED = re.compile(r"audio_\w+|Audio\w+|duration|\w*Duration")
# Headers of a callback that are others each time.
OWN = re.compile(r"x-.*-signature|webhook-(id|signature|timestamp)|i-twilio-idempotency-token")
NOT_SHOWN = {"content-length", "connection"}


class Snapshot:
    """The text of a run of an SDK."""

    def __init__(self, names):
        """`names`: what is written for a text that is known, such as a token."""
        self.names = sorted(names.items(), key=lambda item: -len(item[0]))
        self.ids = {}
        self.lines = []

    def exchange(self, exchange):
        """Adds a request and its answer."""
        self.lines.append(f"{exchange.method} {exchange.target}")
        for name in REQUEST_HEADERS:
            if name in exchange.headers:
                self.lines.append(f"{name}: {readable(exchange.headers[name])}")
        self._body(exchange.headers.get("content-type", ""), exchange.body)
        kind = exchange.answer_headers.get("content-type", "")
        self.lines.append(f"=> {exchange.status} {kind}".rstrip())
        self._body(kind, exchange.answer)
        self.lines.append("")

    def callback(self, callback):
        """Adds a callback."""
        self.lines.append(f"callback {callback['method']} {callback['target']}")
        for name, value in sorted(callback["headers"].items()):
            if name not in NOT_SHOWN:
                shown = f"<{name}>" if OWN.fullmatch(name) else value
                self.lines.append(f"{name}: {shown}")
        self._body(callback["headers"]["content-type"], callback["body"])
        self.lines.append("")

    def _body(self, kind, body):
        if not body:
            return
        if kind.startswith("application/json"):
            shown = json.dumps(measured(json.loads(body)), indent=2, ensure_ascii=False)
            self.lines.extend(f"  {line}" for line in shown.splitlines())
        else:
            for name, value in parse_qsl(body, keep_blank_values=True):
                shown = "<measured>" if MEASURED.fullmatch(name) else value
                self.lines.append(f"  {name} = {shown}")

    def text(self):
        """All of it, masked."""
        text = "\n".join(self.lines)
        for known, name in self.names:
            text = text.replace(known, name)
        for pattern, by in MASKS:
            text = re.sub(pattern, by, text)
        text = re.sub(r"http://127\.0\.0\.1:\d+", "<application>", text)
        text = re.sub(r"127\.0\.0\.1:\d+", "<application's host>", text)
        return re.sub(UUID, lambda found: self._id(found[0]), text)

    def _id(self, uuid):
        return f"<id {self.ids.setdefault(uuid, len(self.ids) + 1)}>"


def readable(header):
    """The header, with the credentials of HTTP Basic as they are."""
    scheme, _, rest = header.partition(" ")
    return f"Basic {base64.b64decode(rest).decode()}" if scheme == "Basic" else header


def measured(value):
    """The JSON with what was measured replaced, in the same order."""
    if isinstance(value, dict):
        # What has a duration has its price by that.
        names = {name for name in value if MEASURED.fullmatch(name)}
        names |= {"price"} if "duration" in value else set()
        return {
            name: "<measured>" if name in names and each is not None else measured(each)
            for name, each in value.items()
        }
    return [measured(each) for each in value] if isinstance(value, list) else value


def compare(name, text):
    """Fails with the difference, unless `text` is what is stored; stores it if told to."""
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text)
        return
    stored = path.read_text() if path.exists() else ""
    if stored != text:
        lines = difflib.unified_diff(
            stored.splitlines(), text.splitlines(), "stored", "now", n=3, lineterm=""
        )
        raise AssertionError(
            f"the wire of {name} has changed; UPDATE_SNAPSHOTS=1 takes it as it is now\n"
            + "\n".join(list(lines)[:200])
        )
