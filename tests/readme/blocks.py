"""The parts of a Markdown file that a test runs as they stand.

A fenced block is meant where an HTML comment stands right before it:

    <!-- test: NAME -->              run it; it must end with status 0
    <!-- test: NAME background -->   start it; it runs until the test is over
    <!-- output: NAME -->            what NAME prints: these lines, in this order, perhaps with
                                     others between; `...` stands for anything within a line
"""

import re
from dataclasses import dataclass

BLOCK = re.compile(
    r"<!-- (?P<role>test|output): (?P<name>[\w-]+)(?P<background> background)? -->\s*\n"
    r"```(?P<language>\w+)\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
COMMENT = re.compile(r"<!-- (test|output):")


@dataclass(frozen=True)
class Block:
    role: str
    name: str
    background: bool
    language: str
    text: str

    @property
    def command(self):
        """What runs it: a program that reads it as a file."""
        return {"python": "python", "js": "node", "sh": "bash", "bash": "bash"}[self.language]


def blocks(markdown):
    """Every marked block, in order."""
    found = [
        Block(
            role=match["role"],
            name=match["name"],
            background=bool(match["background"]),
            language=match["language"],
            text=match["text"],
        )
        for match in BLOCK.finditer(markdown)
    ]
    marks = len(COMMENT.findall(markdown))
    assert len(found) == marks, f"{marks} marks, but {len(found)} of them before a fenced block"
    return found


def appear_in_order(expected, printed):
    """The first line of `expected` that `printed` does not have where it should; else None."""
    lines = iter(printed.splitlines())
    for line in filter(str.strip, expected.splitlines()):
        pattern = ".*".join(map(re.escape, line.strip().split("...")))
        if not any(re.search(pattern, each) for each in lines):
            return line
    return None
