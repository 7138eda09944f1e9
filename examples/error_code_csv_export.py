"""Error code to CSV: all messages that met one error, in a file for whoever asks the carrier.

`examples/run error-code-csv-export 30003 --since 2026-11-01` writes Messages.csv.
"""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from common import Settings, table, write_csv

COLUMNS = ["From", "To", "Date", "MessageSID", "Error Code"]


def main() -> None:
    options = arguments()
    client = Settings.load().client()
    # Not the list's filters by date: they go by when it was sent, which what failed never was.
    messages = since(client.messages.stream(from_=getattr(options, "from")), options.since)
    rows = [
        (
            message.from_,
            message.to,
            f"{message.date_created:%Y-%m-%d %H:%M:%S}",
            message.sid,
            message.error_code,
        )
        for message in messages
        # A text on the wire, and a number in the SDK.
        if message.error_code == options.code
    ]
    write_csv(options.output, COLUMNS, rows)
    print(f"{len(rows)} messages with {options.code}\n{table(COLUMNS, rows)}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="examples/run error-code-csv-export")
    parser.add_argument("code", type=int, help="the error code, such as 30003")
    parser.add_argument("--from", help="only messages from this number")
    parser.add_argument("--since", type=day, default=day("1970-01-01"), help="a day: 2026-11-01")
    parser.add_argument("--output", type=Path, default=Path("Messages.csv"))
    return parser.parse_args()


def day(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


def since(messages: Iterator[Any], first: datetime) -> Iterator[Any]:
    """Those created since then. They come newest first, so no page is asked for in vain."""
    for message in messages:
        if message.date_created < first:
            return
        yield message


if __name__ == "__main__":
    main()
