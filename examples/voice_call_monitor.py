"""Voice call monitor: all calls that are over, and an alert when too many of them failed.

When more than a hundred calls have failed, they are written to failedCallReport.csv, one SMS is
sent, and the count begins again. Give calls `…/CallStatus` as their StatusCallback.
"""

import sqlite3
from pathlib import Path

from common import App, Work, table, write_csv
from common.message import send_once

# One more than this many is too many.
TOLERATED_FAILURES = 100
COLUMNS = [
    "Call SID",
    "Call Status",
    "Event Timestamp",
    "Call Direction",
    "To Number",
    "From Number",
    "Recording URL (if present)",
]

app = App(
    "voice-call-monitor",
    """
    CREATE TABLE IF NOT EXISTS call (
        sid TEXT PRIMARY KEY, status TEXT, at TEXT, direction TEXT, "to" TEXT, "from" TEXT,
        recording_url TEXT
    );
    -- Failed calls, and in which report they are; in none yet if that is empty.
    CREATE TABLE IF NOT EXISTS failure (sid TEXT PRIMARY KEY, report INTEGER);
    """,
)
app.option("--alert-to", "+15550109999", "who is told when too many calls have failed")
app.option("--alert-from", "+15550100001", "a number of yours")


@app.callback("/CallStatus")
def monitor(work: Work) -> None:
    call = work.callback
    app.log(f"hears of {call.sid}: {call.status}")
    if not call.is_end:
        return
    # A call ends once, so what came before or comes again changes nothing.
    new = work.db.execute(
        "INSERT OR IGNORE INTO call VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            call.sid,
            call.status,
            call.at,
            call["Direction"],
            call["To"],
            call["From"],
            call["RecordingUrl"],
        ),
    ).rowcount
    if new and call.status == "failed":
        work.db.execute("INSERT INTO failure VALUES (?, NULL)", (call.sid,))
        raise_alarm(work)


def raise_alarm(work: Work) -> None:
    """Closes a report if it is due. Its number makes the alarm one, whatever happens now."""
    count, reports = work.db.execute(
        "SELECT count(*) FILTER (WHERE report IS NULL), coalesce(max(report), 0) FROM failure"
    ).fetchone()
    if count > TOLERATED_FAILURES:
        number = reports + 1
        work.db.execute("UPDATE failure SET report = ? WHERE report IS NULL", (number,))
        work.later("write report", str(number), number=str(number))


@app.task("write report")
def write_report(work: Work) -> None:
    """The file first: who is alarmed by the SMS finds it."""
    number = int(work.data["number"])
    rows = work.db.execute(
        "SELECT call.* FROM call JOIN failure USING (sid) WHERE report = ? ORDER BY at, call.rowid",
        (number,),
    ).fetchall()
    file = report_file(number)
    write_csv(file, COLUMNS, rows)
    # No other message says this: a SID is in it.
    body = f"{len(rows)} calls have failed, see {file.name}. The last one was {rows[-1][0]}."
    work.later("alert", str(number), body=body)


@app.task("alert")
def alert(work: Work) -> None:
    send_once(
        app.client,
        to=app.options.alert_to,
        from_=app.options.alert_from,
        body=work.data["body"],
        tried=work.tried,
    )


def report_file(number: int) -> Path:
    return app.folder / f"failedCallReport{'' if number == 1 else f'-{number}'}.csv"


@app.report
def report(db: sqlite3.Connection) -> str:
    [reports, failures] = db.execute(
        "SELECT coalesce(max(report), 0), count(*) FILTER (WHERE report IS NULL) FROM failure"
    ).fetchone()
    ended = db.execute(
        "SELECT status, count(*) FROM call GROUP BY status ORDER BY status"
    ).fetchall()
    summary = f"{reports} alerts, {failures} failed calls since the last one"
    return f"{summary}\n{table(['Call Status', 'Calls'], ended)}"


if __name__ == "__main__":
    app.run()
