"""No status change is ever lost: `ringback dev` is killed again and again under load.

Ten times SIGKILL at a random moment, each with work under way, and a new process on the same
data folder. In the end every acknowledged call and message has reached its last status, and
each of its callbacks has arrived; leaving out what was sent again, in order.

The seed is printed; `RINGBACK_SEED=<seed> make test` repeats the kills' moments (though not
the machine's).
"""

import base64
import contextlib
import http.client
import json
import os
import random
import socket
import time
from collections import Counter, defaultdict

import pytest

from crash.load import Load
from crash.recorder import Recorder
from support.dev import Dev
from support.waiting import wait_for

KILLS = 10
# Of what was acknowledged, this much must be undelivered when the process dies.
UNDER_WAY = 20
TIME_SCALE = 20
# From in the midst of its recovery to long after.
LIVES_S = (0.05, 2.0)
DRAINED_WITHIN_S = 45

EXPECTED = {
    "message": ["queued", "sending", "sent", "delivered"],
    "call": ["initiated", "ringing", "answered", "in-progress", "completed"],
}


def test_nothing_acknowledged_is_lost_by_ten_kills(tmp_path, capsys):
    seed = int(os.environ.get("RINGBACK_SEED") or random.SystemRandom().getrandbits(32))
    run = Run(tmp_path, seed)
    with capsys.disabled():
        print(f"\nseed {seed}")
    try:
        run.killed_again_and_again()
        run.drained()
        run.check()
    finally:
        run.close()
        with capsys.disabled():
            print(run.summary())


class Run:
    """One process after another on one folder, the load, and what arrived."""

    def __init__(self, folder, seed):
        self.random = random.Random(seed)
        self.folder = folder
        # Not of the range that outgoing connections take theirs from: they stay free.
        self.ports = [free_port(self.random), free_port(self.random)]
        self.recorder = Recorder(seed)
        self.under_way = []
        self.dev = None
        self.load = None

    def start(self):
        self.dev = Dev.start(self.folder, ports=self.ports, time_scale=TIME_SCALE)
        if self.load is None:
            dev = self.dev
            self.load = Load(dev.project, dev.token, self.recorder.url, self.random)
            self.load.start()
        self.load.resume(("127.0.0.1", self.ports[0]))

    def killed_again_and_again(self):
        self.start()
        for _ in range(KILLS):
            time.sleep(self.random.uniform(*LIVES_S))
            wait_for(lambda: self.undelivered() >= 2 * UNDER_WAY, "work under way", 20)
            self.dev.kill()
            self.load.pause()
            self.under_way.append(self.undelivered())
            assert self.under_way[-1] >= UNDER_WAY
            self.start()

    def undelivered(self):
        """How many acknowledged resources have not told their last status."""
        ends = {words[-1] for words in EXPECTED.values()}
        told = {each.sid for each in self.recorder.snapshot() if each.status in ends}
        return len(self.load.snapshot().keys() - told)

    def drained(self):
        self.load.stop()
        wait_for(self.complete, self.missing, DRAINED_WITHIN_S)

    def complete(self):
        return self.undelivered() == 0 and not self.missing()

    def missing(self):
        """What did not arrive of what was acknowledged, or of what began to arrive."""
        by_sid = first_arrivals(self.recorder.snapshot())
        kinds = kinds_of(by_sid) | self.load.snapshot()
        missing = {
            sid: [each.status for each in by_sid[sid]]
            for sid, kind in kinds.items()
            if len(by_sid[sid]) < len(EXPECTED[kind])
        }
        return f"{len(missing)} incomplete, as {dict(list(missing.items())[:5])}" if missing else ""

    def close(self):
        """Leaves nothing running, however it went."""
        if self.dev is not None:
            self.dev.kill()
        if self.load is not None:
            self.load.stop()
        self.recorder.close()

    def check(self):
        assert self.load.unexpected == []
        by_sid = first_arrivals(self.recorder.snapshot())
        kinds = kinds_of(by_sid) | self.load.snapshot()
        for sid, kind in kinds.items():
            first = by_sid[sid]
            assert [each.status for each in first] == EXPECTED[kind], sid
            if kind == "call":
                assert [each.sequence for each in first] == ["0", "1", "2", "3", "4"], sid
        assert self.statuses(kinds) == {sid: EXPECTED[kind][-1] for sid, kind in kinds.items()}
        assert self.dev.stop() == 0
        assert self.dev.complaints() == []

    def statuses(self, kinds):
        """What REST says of each resource."""
        found = {}
        for name in ("messages", "calls"):
            path = f"/2010-04-01/Accounts/{self.dev.project}/{name.capitalize()}?PageSize=1000"
            while path:
                page = self.get(path)
                found |= {each["sid"]: each["status"] for each in page[name]}
                path = page["next_page_uri"]
        return {sid: found.get(sid) for sid in kinds}

    def get(self, path):
        credentials = base64.b64encode(f"{self.dev.project}:{self.dev.token}".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[0], timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Authorization": f"Basic {credentials}"})
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            return json.loads(answer.read())

    def summary(self):
        arrivals = self.recorder.snapshot()
        refused = sum(each.answer != 200 for each in arrivals)
        callbacks = len({each.callback for each in arrivals})
        kinds = Counter(self.load.snapshot().values()) if self.load else {}
        return "\n".join(
            [
                f"acknowledged: {dict(kinds)}; {self.load and self.load.unanswered} unanswered",
                f"under way at each kill: {self.under_way}",
                f"arrivals: {len(arrivals)} of {callbacks} callbacks; {refused} answered 503, "
                f"{len(arrivals) - callbacks - refused} more repeats",
            ]
        )


def first_arrivals(arrivals):
    """By resource, what arrived, without what had arrived before."""
    by_sid, seen = defaultdict(list), set()
    for each in arrivals:
        if each.callback not in seen:
            seen.add(each.callback)
            by_sid[each.sid].append(each)
    return by_sid


def kinds_of(by_sid):
    return {
        sid: "message" if each[0].sequence is None else "call" for sid, each in by_sid.items()
    }


def free_port(random):
    for _ in range(1000):
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    pytest.fail("no free port")
