"""SMS error tracker: which messages did not arrive, why, and how many did.

Give messages `…/smsErrorTracker` as their StatusCallback. What was undelivered or failed is asked
for by REST and written to failedAndUndeliveredMessages.csv, each message once.
"""

import sqlite3

from common import App, Work, table, write_csv

COLUMNS = [
    "Message Sid",
    "Message Status",
    "Error Code",
    "Error Message",
    "Date Sent",
    "To",
    "From",
    "Body",
]

app = App(
    "sms-error-tracker",
    """
    -- Where each message stands; `place` is greater, the later its status is.
    CREATE TABLE IF NOT EXISTS message (sid TEXT PRIMARY KEY, status TEXT, place TEXT);
    CREATE TABLE IF NOT EXISTS error (
        sid TEXT PRIMARY KEY, status TEXT, code TEXT, meaning TEXT, sent TEXT,
        "to" TEXT, "from" TEXT, body TEXT
    );
    """,
)


@app.callback("/smsErrorTracker")
def track(work: Work) -> None:
    message = work.callback
    app.log(f"hears of {message.sid}: {message.status} {message['ErrorCode']}".rstrip())
    work.db.execute(
        "INSERT INTO message VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
        "SET status = excluded.status, place = excluded.place WHERE excluded.place > place",
        (message.sid, message.status, message.place),
    )
    if message.status in ("undelivered", "failed"):
        work.later("look up", message.sid, sid=message.sid, code=message["ErrorCode"])


@app.task("look up")
def look_up(work: Work) -> None:
    """Asks the server about it. That may fail, and is then done later."""
    message = app.client.messages(work.data["sid"]).fetch()
    work.db.execute(
        "INSERT OR IGNORE INTO error VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.sid,
            message.status,
            message.error_code or work.data["code"],
            message.error_message,
            f"{message.date_sent:%Y-%m-%d %H:%M:%S}" if message.date_sent else "",
            message.to,
            message.from_,
            message.body,
        ),
    )


@app.report
def report(db: sqlite3.Connection) -> str:
    errors = db.execute('SELECT * FROM error ORDER BY code, "to", rowid').fetchall()
    write_csv(app.folder / "failedAndUndeliveredMessages.csv", COLUMNS, errors)
    [delivered, ended] = db.execute(
        "SELECT count(*) FILTER (WHERE status = 'delivered'), "
        "count(*) FILTER (WHERE status IN ('delivered', 'undelivered', 'failed')) FROM message"
    ).fetchone()
    rate = f"{100 * delivered / ended:.1f} %" if ended else "unknown"
    return f"{delivered} of {ended} delivered, delivery rate {rate}\n{table(COLUMNS, errors)}"


if __name__ == "__main__":
    app.run()
