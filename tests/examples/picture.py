"""Pictures of what the examples print, for examples/README.md, made of the real output.

`check(example)` holds the kept picture against what the example printed just now, but for what
differs each time: SIDs, times, ports, durations, figures of audio. `RINGBACK_PICTURES=draw` draws
it anew.
"""

import os
import re
import xml.etree.ElementTree as xml

from support.dev import ROOT

FOLDER = ROOT / "examples/pictures"
SVG = "http://www.w3.org/2000/svg"
SIZE, LINE, MARGIN = 13, 19, 16
# Of a monospaced letter at that size.
WIDTH = 7.83
STYLE = f"font: {SIZE}px ui-monospace, Menlo, Consolas, monospace; white-space: pre"
DIFFERS = [
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "SID"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?", "TIME"),
    (r"127\.0\.0\.1:\d+", "HOST"),
    # How long calls and recordings took, and how they sounded: of these the tests ask REST.
    (r"\b\d+\.\d+(?! %)", "FIGURE"),
    (r"(?<=completed  )\s*\d+$", "SECONDS"),
]


def check(example):
    """That the picture shows what the example printed last."""
    compare(example.name, example.last_report(), example.name)


def compare(name, printed, command):
    """The same for what `examples/run COMMAND` printed."""
    file = FOLDER / f"{name}.svg"
    if os.environ.get("RINGBACK_PICTURES") == "draw":
        file.write_text(drawn(f"$ examples/run {command}\n\n{printed}\n"))
    shown = text(file.read_text()).partition("\n\n")[2]
    assert masked(shown) == masked(printed), f"RINGBACK_PICTURES=draw draws {file} anew"


def masked(printed):
    """The lines without what differs, in an order of their own: what happened at once may swap."""
    for pattern, word in DIFFERS:
        printed = re.sub(pattern, word, printed, flags=re.MULTILINE)
    return sorted(" ".join(line.split()) for line in printed.splitlines() if line.strip())


def drawn(printed):
    """A terminal with this text."""
    lines = printed.rstrip("\n").split("\n")
    width = round(max(map(len, lines)) * WIDTH) + 2 * MARGIN
    height = len(lines) * LINE + 2 * MARGIN
    box = f"0 0 {width} {height}"
    svg = xml.Element("svg", xmlns=SVG, viewBox=box, width=str(width), style=STYLE)
    xml.SubElement(svg, "rect", width="100%", height="100%", rx="8", fill="#1b1f24")
    for number, line in enumerate(lines):
        colour = "#7ee787" if number == 0 else "#e6edf3"
        y = MARGIN + SIZE + number * LINE
        one = xml.SubElement(svg, "text", x=str(MARGIN), y=str(y), fill=colour)
        one.set("xml:space", "preserve")
        one.text = line
    xml.indent(svg)
    return xml.tostring(svg, encoding="unicode") + "\n"


def text(svg):
    """What is written in a picture."""
    return "\n".join(line.text or "" for line in xml.fromstring(svg).iter(f"{{{SVG}}}text"))
