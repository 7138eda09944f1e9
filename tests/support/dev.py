"""The real binary: `ringback dev`, started on free ports, told to stop at the end.

Whoever starts one stops it (`with Dev.start(..) as dev`). Its standard error is kept, and a
test asks `dev.complaints()`: a warning or an error that nobody expected fails it.
"""

import json
import os
import re
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from support.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
START_S = 30.0
STOP_S = 20.0
# Receivers end with their tests, while calls and messages go on: the breaker says so.
RECEIVER_GONE = "does not answer; probed from now on"
COMPLAINT = re.compile(r"\b(WARN|ERROR)\b|panicked|^(error|warning):", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def binary():
    """The binary under test: `$RINGBACK`, or what `cargo build` made."""
    target = os.environ.get("CARGO_TARGET_DIR", "target")
    path = Path(os.environ.get("RINGBACK") or ROOT / target / "debug" / "ringback")
    assert path.is_file(), f"no binary at {path}: `make build` makes it"
    return path


@dataclass
class Dev:
    """A running `ringback dev` and what its ready file says."""

    process: subprocess.Popen
    folder: Path
    ready: dict
    expected: list = field(default_factory=lambda: [RECEIVER_GONE])

    @classmethod
    def start(cls, folder, *options, data=None, time_scale=50, env=None, ports=("0", "0")):
        """Starts it with its files in `folder`, and waits until it serves requests."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        ready_file = folder / "ready.json"
        ready_file.unlink(missing_ok=True)
        http, https = ports
        command = [
            str(binary()),
            "dev",
            f"--http=127.0.0.1:{http}",
            f"--https=127.0.0.1:{https}",
            f"--data={data or folder / 'data'}",
            f"--ready-file={ready_file}",
            f"--time-scale={time_scale}",
            *options,
        ]
        with open(folder / "stdout", "ab") as out, open(folder / "stderr", "ab") as err:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, "NO_COLOR": "1", **(env or {})},
            )
        dev = cls(process, folder, {})
        try:
            wait_for(lambda: dev._started(ready_file), dev._said, START_S)
            dev.ready = json.loads(ready_file.read_text())
        except BaseException:
            dev.kill()
            raise
        return dev

    def _started(self, ready_file):
        status = self.process.poll()
        assert status is None, f"it ended with {status}:\n{self.stderr()}"
        return ready_file.exists()

    def _said(self):
        return f"ready file; standard error:\n{self.stderr()}"

    @property
    def http(self):
        return self.ready["http"]

    @property
    def https(self):
        return self.ready["https"]

    @property
    def project(self):
        return self.ready["project_id"]

    @property
    def token(self):
        return self.ready["api_token"]

    @property
    def key(self):
        return self.ready["signing_key"]

    @property
    def ca(self):
        return self.ready["ca_file"]

    def stderr(self):
        return COLOUR.sub("", (self.folder / "stderr").read_text(errors="replace"))

    def stdout(self):
        return COLOUR.sub("", (self.folder / "stdout").read_text(errors="replace"))

    def complaints(self, since=0):
        """Lines of standard error, from character `since`, that no test expected."""
        lines = self.stderr()[since:].splitlines()
        return [
            line
            for line in lines
            if COMPLAINT.search(line) and not any(re.search(e, line) for e in self.expected)
        ]

    def stop(self):
        """SIGTERM; its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {STOP_S:g} s after SIGTERM") from None

    def kill(self):
        """SIGKILL: nothing of it runs any more."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self.kill()
            return
        status = self.stop()
        assert status == 0, f"it ended with {status}:\n{self.stderr()}"
        assert not self.complaints(), "\n".join(self.complaints())
