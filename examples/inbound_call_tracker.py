"""Inbound call tracker: each call that came in, how long it was and how it sounded.

A number is told once of each call, when it is over. Give it `…/incomingCalls` as its
StatusCallback. Calls.csv in the data folder always has every call.
"""

import sqlite3

from common import App, Work, table, write_csv

COLUMNS = [
    "Call SID",
    "Call Status",
    "Event Timestamp",
    "To Number",
    "From Number",
    "Call Duration(s)",
    "Audio in MOS",
]

app = App(
    "inbound-call-tracker",
    """
    CREATE TABLE IF NOT EXISTS call (
        sid TEXT PRIMARY KEY, status TEXT, at TEXT, "to" TEXT, "from" TEXT,
        duration_s REAL, mos REAL
    );
    """,
)


@app.callback("/incomingCalls")
def track(work: Work) -> None:
    call = work.callback
    work.db.execute(
        "INSERT OR IGNORE INTO call VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            call.sid,
            call.status,
            call.at,
            call["To"],
            call["From"],
            number(call["CallDuration"]),
            number(call["AudioInMos"]),
        ),
    )


def number(text: str) -> float | None:
    """What was not sent is unknown, not 0: a call without media has no MOS."""
    return float(text) if text else None


@app.report
def report(db: sqlite3.Connection) -> str:
    [count, seconds, mos] = db.execute(
        "SELECT count(*), total(duration_s), avg(mos) FROM call"
    ).fetchone()
    rows = db.execute("SELECT * FROM call ORDER BY at, rowid").fetchall()
    write_csv(app.folder / "Calls.csv", COLUMNS, rows)
    mean = "unknown" if mos is None else f"{mos:.2f}"
    return f"{count} calls, {seconds / 60:.2f} minutes, mean MOS {mean}\n{table(COLUMNS, rows)}"


if __name__ == "__main__":
    app.run()
