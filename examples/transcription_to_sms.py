"""Transcription to SMS: what a caller said, by SMS.

Give a `<Record transcribe="true">` `…/message` as its transcribeCallback.
"""

import sqlite3

from common import App, Callback, Work, table
from common.message import BODY_LIMIT, send_once

app = App(
    "transcription-to-sms",
    """
    CREATE TABLE IF NOT EXISTS transcription (
        sid TEXT PRIMARY KEY, "from" TEXT, status TEXT, text TEXT
    );
    """,
)
app.option("--to", "+15550109999", "who is sent what was said")
app.option("--from", "+15550100001", "a number of yours")


def text(transcription: Callback) -> str:
    return transcription["TranscriptionText"]


@app.callback("/message", reply=text)
def hear(work: Work) -> None:
    spoken = work.callback
    work.db.execute(
        "INSERT OR IGNORE INTO transcription VALUES (?, ?, ?, ?)",
        (spoken.sid, spoken["From"], spoken.status, text(spoken)),
    )
    work.later("send", spoken.sid, body=letter(spoken))


def letter(spoken: Callback) -> str:
    """The SMS. Whoever is told of a call also wants to know that nothing could be read."""
    # The dialect of the published schemas has neither the caller nor the call.
    caller = spoken["From"] or "somebody"
    call = spoken["CallSid"] or spoken["RecordingSid"]
    if spoken.status == "completed":
        head, tail = f'{caller} said: "', f'" (call {call})'
        return head + shortened(text(spoken), BODY_LIMIT - len(head + tail)) + tail
    return f"{caller} said something that could not be written down (call {call})"


def shortened(said: str, limit: int) -> str:
    return said if len(said) <= limit else f"{said[: limit - 1]}…"


@app.task("send")
def send(work: Work) -> None:
    send_once(
        app.client,
        to=app.options.to,
        from_=getattr(app.options, "from"),
        body=work.data["body"],
        tried=work.tried,
    )


@app.report
def report(db: sqlite3.Connection) -> str:
    rows = db.execute('SELECT "from", status, text FROM transcription ORDER BY text').fetchall()
    return table(["From", "Transcription", "Text"], rows)


if __name__ == "__main__":
    app.run()
