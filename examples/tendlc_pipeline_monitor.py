"""10DLC pipeline monitor: where brands, campaigns, orders and their numbers stand.

Give brands, campaigns and orders `…/10dlc-status` as their status_callback_url. Ten assignments
that have failed are written to failed_10dlc_assignments.csv, warned of, and counted anew.
"""

import json
import sqlite3
from pathlib import Path

from common import App, Work, table, write_csv

TOO_MANY_FAILURES = 10
FAILURE = {
    "Assignment ID": "number_assignment_id",
    "Phone Number": "phone_number",
    "Campaign ID": "campaign_id",
    "Failed At": "event_at",
    "Project ID": "project_id",
}
# What each category's table shows: its columns, and the parameters in them.
TABLES = {
    "brand": {
        "Brand ID": "brand_id",
        "Event Type": "event_type",
        "State": "state",
        "Event Time": "event_at",
        "Project ID": "project_id",
    },
    "campaign": {
        "Campaign ID": "campaign_id",
        "Brand ID": "brand_id",
        "Event Type": "event_type",
        "State": "state",
        "Event Time": "event_at",
        "Project ID": "project_id",
    },
    "number_assignment_order": {
        "Order ID": "number_assignment_order_id",
        "Campaign ID": "campaign_id",
        "Brand ID": "brand_id",
        "State": "state",
        "Event Time": "event_at",
        "Project ID": "project_id",
    },
    "number_assignment": {
        "Assignment ID": "number_assignment_id",
        "Phone Number": "phone_number",
        "Phone Number ID": "phone_number_id",
        "Campaign ID": "campaign_id",
        "Event Type": "event_type",
        "State": "state",
        "Event Time": "event_at",
        "Project ID": "project_id",
    },
}

app = App(
    "tendlc-pipeline-monitor",
    """
    -- Where each of them stands; `event` has all parameters of the latest, as JSON.
    CREATE TABLE IF NOT EXISTS standing (
        category TEXT, id TEXT, place TEXT, state TEXT, event TEXT, PRIMARY KEY (category, id)
    );
    -- Failures that were reported, and in which report.
    CREATE TABLE IF NOT EXISTS reported (id TEXT, place TEXT, report INTEGER, event TEXT,
        PRIMARY KEY (id, place));
    """,
)


def fields(columns: dict[str, str]) -> str:
    """These parameters of an event, for SQL."""
    return ", ".join(f"json_extract(event, '$.{name}')" for name in columns.values())


@app.callback("/10dlc-status")
def monitor(work: Work) -> None:
    event = work.callback
    app.log(f"hears of {event.kind} {event.sid}: {event['event_type']}, {event.status}")
    work.db.execute(
        "INSERT INTO standing VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
        "SET place = excluded.place, state = excluded.state, event = excluded.event "
        "WHERE excluded.place > place",
        (event.kind, event.sid, event.place, event.status, json.dumps(work.data)),
    )
    count_failures(work)


# Assignments that stand at `failed`, and are in no report yet.
FAILED = """
    FROM standing WHERE category = 'number_assignment' AND state = 'failed'
    AND NOT EXISTS (SELECT 1 FROM reported WHERE id = standing.id AND place = standing.place)
"""


def count_failures(work: Work) -> None:
    """Closes a report if it is due. One that is tried again meanwhile is no failure."""
    [count] = work.db.execute(f"SELECT count(*) {FAILED}").fetchone()
    if count < TOO_MANY_FAILURES:
        return
    [number] = work.db.execute("SELECT coalesce(max(report), 0) + 1 FROM reported").fetchone()
    work.db.execute(f"INSERT INTO reported SELECT id, place, ?, event {FAILED}", (number,))
    work.later("write report", str(number), number=str(number))


@app.task("write report")
def write_report(work: Work) -> None:
    number = int(work.data["number"])
    rows = work.db.execute(
        f"SELECT {fields(FAILURE)} FROM reported WHERE report = ? ORDER BY 2, id", (number,)
    ).fetchall()
    file = report_file(number)
    write_csv(file, list(FAILURE), rows)
    app.log(f"warns: {len(rows)} assignments have failed, see {file}")


def report_file(number: int) -> Path:
    return app.folder / f"failed_10dlc_assignments{'' if number == 1 else f'-{number}'}.csv"


@app.report
def report(db: sqlite3.Connection) -> str:
    shown = []
    for category, columns in TABLES.items():
        rows = db.execute(
            f"SELECT {fields(columns)} FROM standing WHERE category = ? "
            "ORDER BY json_extract(event, '$.phone_number'), id",
            (category,),
        ).fetchall()
        shown.append(f"{category}\n{table(list(columns), rows)}")
    [failed] = db.execute(f"SELECT count(*) {FAILED}").fetchone()
    [reports] = db.execute("SELECT count(DISTINCT report) FROM reported").fetchone()
    shown.append(f"{reports} reports, {failed} failed assignments since the last one")
    return "\n".join(shown)


if __name__ == "__main__":
    app.run()
