"""Tables: as text for people, as CSV for their spreadsheets."""

import csv
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

Row = Sequence[object]


def table(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Columns under their names, as wide as they need to be."""
    lines = [list(columns), *([shown(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def write_csv(file: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """The whole file or none: somebody may be reading the one that was there."""
    part = file.with_suffix(".part")
    with open(part, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        writer.writerows([shown(cell) for cell in row] for row in rows)
    os.replace(part, file)


def shown(cell: object) -> str:
    return "" if cell is None else str(cell)
