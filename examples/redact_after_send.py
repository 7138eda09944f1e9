"""Redact after send: a message's text is on the server no longer than it has to be.

`examples/run redact-after-send --body "Your result is here."` sends it, waits, and redacts it, and
with it every other message of that number whose text is still there. What is to be done is asked
of the server each time, and no text is written down here: whatever ends this program, the next
start goes on. Run it without --body to redact only.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from signalwire.rest import Client
from twilio.base.exceptions import TwilioRestException

from common import Settings, table

# What the server says when a message that is on its way is to be redacted, or deleted.
NOT_NOW = (10000, 20009)
PAUSE_S = 1.0
# Messages that are older were redacted by an earlier run.
LOOKED_AT = timedelta(days=3)


def main() -> None:
    options = arguments()
    client = Settings.load().client()
    number = getattr(options, "from")
    if options.body:
        client.messages.create(to=options.to, from_=number, body=options.body)
        time.sleep(options.after_s)
    rows: list[tuple[str, str, str]] = []
    give_up = time.monotonic() + options.give_up_s
    while with_text := list(messages_with_text(client, number)):
        for message in with_text:
            if done := redacted(message, options.delete):
                rows.append((message.sid, message.to, done))
        if time.monotonic() > give_up:
            sys.exit(f"{len(with_text)} messages still have their text, run it again")
        time.sleep(PAUSE_S)
    print(table(["Message Sid", "To", "Text"], rows))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="examples/run redact-after-send")
    parser.add_argument("--body", help="what to send; nothing if it is left out")
    parser.add_argument("--to", default="+15550100002", help="to whom")
    parser.add_argument("--from", default="+15550100001", help="a number of yours")
    parser.add_argument("--after-s", type=float, default=60, help="how long it waits")
    parser.add_argument("--give-up-s", type=float, default=600, help="when it stops trying")
    parser.add_argument("--delete", action="store_true", help="delete messages, not texts alone")
    return parser.parse_args()


def messages_with_text(client: Client, number: str) -> Iterator[Any]:
    """The number's messages whose text is on the server. They come newest first."""
    first = datetime.now(UTC) - LOOKED_AT
    for message in client.messages.stream(from_=number):
        if message.date_created < first:
            return
        if message.body:
            yield message


def redacted(message: Any, delete: bool) -> str:
    """What was done; nothing if it is too early."""
    try:
        if delete:
            message.delete()
            return "deleted"
        message.update(body="")
        return "redacted"
    except TwilioRestException as error:
        # A message can be deleted by somebody else, too.
        if error.code in NOT_NOW or error.status == 404:
            print(f"{message.sid}: {error.msg}", file=sys.stderr)
            return ""
        raise


if __name__ == "__main__":
    main()
