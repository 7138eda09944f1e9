"""Recording to SMS: as soon as a call's recording can be heard, its address by SMS.

Give recordings `…/sendRecording` as their RecordingStatusCallback, and ask for `completed absent`:
who asks for `completed` alone never hears of a recording that came to nothing.
"""

import sqlite3

from common import App, Callback, Work, table
from common.message import send_once

app = App(
    "recording-to-sms",
    """
    CREATE TABLE IF NOT EXISTS recording (
        sid TEXT PRIMARY KEY, call TEXT, status TEXT, seconds INTEGER, place TEXT
    );
    """,
)
app.option("--to", "+15550109999", "who is sent the recordings")
app.option("--from", "+15550100001", "a number of yours")


def address(recording: Callback) -> str:
    return recording["RecordingUrl"]


@app.callback("/sendRecording", reply=address)
def hear(work: Work) -> None:
    recording = work.callback
    work.db.execute(
        "INSERT INTO recording VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
        "SET status = excluded.status, seconds = excluded.seconds, place = excluded.place "
        "WHERE excluded.place > place",
        (
            recording.sid,
            recording["CallSid"],
            recording.status,
            recording["RecordingDuration"],
            recording.place,
        ),
    )
    if recording.status == "completed":
        text = f"Call {recording['CallSid']} was recorded: {address(recording)}"
        work.later("send", recording.sid, body=text)


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
    rows = db.execute("SELECT call, status, seconds FROM recording ORDER BY rowid").fetchall()
    [sent] = db.execute(
        "SELECT count(*) FROM work WHERE task = 'send' AND done IS NOT NULL"
    ).fetchone()
    return f"{sent} sent\n{table(['Call SID', 'Recording', 'Seconds'], rows)}"


if __name__ == "__main__":
    app.run()
