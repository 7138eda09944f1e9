"""The README's examples, copied and run as they stand.

Only what a machine decides is replaced: the default ports by free ones, and the CA's path.
"""

import os
import re
import socket
import subprocess
import sys

import pytest

from readme.blocks import appear_in_order, blocks
from support.dev import ROOT, Dev
from support.waiting import wait_for

README = ROOT / "README.md"
ENDS_WITHIN_S = 60
APPLICATION_PORT = 5000


def test_the_readmes_examples_run_as_they_stand(tmp_path):
    marked = blocks(README.read_text())
    runnable = [block for block in marked if block.role == "test"]
    assert any(block.language == "python" for block in runnable), "no example in Python"
    with Dev.start(tmp_path / "dev") as dev, Examples(tmp_path, dev) as examples:
        for block in runnable:
            examples.run(block)
        for block in marked:
            if block.role == "output":
                examples.check(block)


class Examples:
    """The blocks, each written to a file and run in a folder of its own."""

    def __init__(self, folder, dev):
        self.folder = folder
        self.running = []
        self.application_port = free_port()
        self.replaced = [
            (r"\b(127\.0\.0\.1|localhost):8080\b", dev.http.removeprefix("http://")),
            (r"\b(127\.0\.0\.1|localhost):8443\b", dev.https.removeprefix("https://")),
            (rf"\b{APPLICATION_PORT}\b", str(self.application_port)),
            (r"[^\s\"'`=:]*\bca\.pem", dev.ca),
        ]

    def run(self, block):
        text = block.text
        for pattern, by in self.replaced:
            text = re.sub(pattern, lambda _, by=by: by, text)
        script = self.folder / f"{block.name}.{block.language}"
        script.write_text(text)
        program = sys.executable if block.command == "python" else block.command
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

    def environment(self):
        """With the interpreter that has the SDK first, and printing at once."""
        path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
        return os.environ | {"PATH": path, "PYTHONUNBUFFERED": "1"}

    def listens(self, process):
        assert process.poll() is None, "it ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.application_port)) == 0

    def check(self, block):
        wait_for(
            lambda: appear_in_order(block.text, self.printed(block)) is None,
            lambda: f"`{appear_in_order(block.text, self.printed(block))}` of {block.name}; "
            f"printed:\n{self.printed(block)}",
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


def test_a_marked_block_is_found_and_its_output_compared():
    markdown = (
        "text\n<!-- test: first -->\n```python\nprint(1)\n```\n\n"
        "<!-- test: app background -->\n```sh\nserve\n```\n"
        "<!-- output: first -->\n\n```text\ncall ... ringing\n```\n"
    )
    first, app, output = blocks(markdown)
    assert (first.language, first.text, first.background) == ("python", "print(1)\n", False)
    assert (app.name, app.background) == ("app", True)
    assert appear_in_order(output.text, "x\ncall 7 is ringing\n") is None
    assert appear_in_order(output.text, "x\ncall 7\n") == "call ... ringing"


def test_a_mark_without_a_block_is_noticed():
    with pytest.raises(AssertionError, match="1 marks, but 0"):
        blocks("<!-- test: lost -->\nprose\n")
