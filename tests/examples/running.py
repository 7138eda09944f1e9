"""An example, started with the command that its users type, behind a relay.

Whoever starts one stops it; a traceback in what it says fails its test.
"""

import os
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from examples.relay import Relay
from native.client import Native
from support.dev import ROOT, Dev
from support.waiting import wait_for

START_S = 60.0
STOP_S = 20.0
LISTENS = re.compile(r"listens on http://127\.0\.0\.1:(\d+)")


def ran(dev, name, *options):
    """An example that comes to an end, run until then."""
    done = subprocess.run(
        [str(ROOT / "examples/run"), name, *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_S,
        env=environment(dev),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def environment(dev):
    return {**os.environ, "RINGBACK_READY_FILE": str(dev.folder / "ready.json")}


@dataclass
class Example:
    """A running example."""

    name: str
    folder: Path
    relay: Relay
    dev: Dev
    options: tuple
    expected: list

    def start(self):
        """Starts it over the data that it has, and waits until it listens."""
        said = len(self.stderr())
        with open(self.folder / "stdout", "ab") as out, open(self.folder / "stderr", "ab") as err:
            self.process = subprocess.Popen(
                [
                    str(ROOT / "examples/run"),
                    self.name,
                    "--port=0",
                    f"--data={self.data}",
                    *self.options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment(self.dev),
            )

        def listens():
            assert self.process.poll() is None, f"it ended:\n{self.stderr()}"
            return LISTENS.search(self.stderr()[said:])

        port = int(wait_for(listens, self.stderr, START_S)[1])
        self.relay.target = ("127.0.0.1", port)
        return self

    @property
    def data(self):
        return self.folder / "data"

    @property
    def url(self):
        """Where callbacks go: the relay's."""
        return self.relay.url

    @property
    def direct(self):
        host, port = self.relay.target
        return f"http://{host}:{port}"

    def get(self, path):
        """A page of its own, as text."""
        with urlopen(self.direct + path, timeout=20) as answer:
            return answer.read().decode()

    def stdout(self):
        return (self.folder / "stdout").read_text()

    def stderr(self):
        file = self.folder / "stderr"
        return file.read_text() if file.exists() else ""

    def last_report(self):
        """What it printed last."""
        return self.stdout().rstrip().rpartition("\n\n")[2]

    def settled(self):
        """Whether all that is owed was delivered, and the relay holds none of it back."""
        native = Native(self.dev.http, self.dev.token)
        owed = [native.get(f"/callbacks?limit=1&state={state}") for state in ("pending", "aside")]
        return not any(page["callbacks"] for page in owed) and self.relay.idle()

    def wait_for_report(self, *parts, within_s=60):
        """Waits until it was told all, and has all of these in its last report."""

        def printed():
            last = self.last_report()
            return all(part in last for part in parts) and self.settled() and last

        return wait_for(printed, lambda: f"{parts} in:\n{self.last_report()}", within_s)

    def kill(self):
        """SIGKILL: at whatever it is about."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def kill_in_the_midst(self):
        """Kills it when it has been told something and not all, and starts it again."""
        wait_for(lambda: self.relay.taken, "the first callback")
        assert not self.settled()
        self.kill()
        self.start()

    def stop(self):
        """SIGTERM; it ends by itself, in order."""
        self.process.terminate()
        status = self.process.wait(STOP_S)
        assert status == 0, f"it ended with {status}:\n{self.stderr()}"

    def close(self, failed):
        try:
            if self.process.poll() is None and not failed:
                self.stop()
        finally:
            if self.process.poll() is None:
                self.kill()
            self.relay.close()
        if failed:
            print(self.stderr()[-4000:])
            return
        expected = {403} if self.relay.taken else set()
        assert set(self.relay.forged) == expected, f"forged, and answered {self.relay.forged}"
        assert self.relay.repeated() or not self.relay.taken, "nothing was told twice"
        trouble = [
            line
            for line in self.stderr().splitlines()
            if "Error" in line and not any(each in line for each in self.expected)
        ]
        assert not trouble, self.stderr()
