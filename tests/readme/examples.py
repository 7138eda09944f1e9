"""The examples of a page, copied and run as they stand.

Used by the tests of the README and of docs/sdks.md. Only what a machine decides is replaced: the
default ports by free ones, and the CA's path.
"""

import os
import re
import socket
import subprocess
import sys

from readme.blocks import appear_in_order
from support.waiting import wait_for

ENDS_WITHIN_S = 60
APPLICATION_PORT = 5000


class Examples:
    """The blocks, each written to a file and run in a folder of its own."""

    def __init__(self, folder, dev, python=sys.executable, variables=None):
        """`python` is the interpreter that has the SDK, `variables` are added to the environment."""
        self.folder = folder
        self.python = python
        self.variables = variables or {}
        self.running = []
        self.application_port = free_port()
        self.replaced = [
            (r"\b(127\.0\.0\.1|localhost):8080\b", dev.http.removeprefix("http://")),
            (r"\b(127\.0\.0\.1|localhost):8443\b", dev.https.removeprefix("https://")),
            (r"(?<=\bLOCALHOST:)8443\b", dev.https.rpartition(":")[2]),
            (rf"\b{APPLICATION_PORT}\b", str(self.application_port)),
            (r"[^\s\"'`=:]*\bca\.pem", dev.ca),
        ]

    def run(self, block):
        text = self.here(block.text)
        script = self.folder / f"{block.name}.{block.language}"
        script.write_text(text)
        program = self.python if block.command == "python" else block.command
        with open(self.output(block), "w") as out:
            process = subprocess.Popen(
                [program, script],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self.environment(),
            )
        self.running.append(process)
        if block.background:
            wait_for(lambda: self.listens(process), lambda: self.printed(block), ENDS_WITHIN_S)
        else:
            status = process.wait(ENDS_WITHIN_S)
            assert status == 0, f"{block.name} ended with {status}:\n{self.printed(block)}"

    def here(self, text):
        """The text with what this machine decides."""
        for pattern, by in self.replaced:
            text = re.sub(pattern, lambda _, by=by: by, text)
        return text

    def environment(self):
        """With the interpreter that has the SDK first, and printing at once."""
        path = os.path.dirname(self.python) + os.pathsep + os.environ["PATH"]
        return os.environ | {"PATH": path, "PYTHONUNBUFFERED": "1"} | self.variables

    def listens(self, process):
        assert process.poll() is None, "it ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.application_port)) == 0

    def check(self, block):
        wait_for(
            lambda: appear_in_order(block.text, self.printed(block)) is None,
            lambda: (
                f"`{appear_in_order(block.text, self.printed(block))}` of {block.name}; "
                f"printed:\n{self.printed(block)}"
            ),
        )

    def output(self, block):
        return self.folder / f"{block.name}.out"

    def printed(self, block):
        return self.output(block).read_text()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
