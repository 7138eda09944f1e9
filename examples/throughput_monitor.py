"""Throughput monitor: messages a second, how many arrive, and why the others do not, as a page.

Give messages `…/messages` as their StatusCallback, and open the address that it prints. The page
draws itself anew each second; `/figures` has what it shows as JSON.
"""

import sqlite3
import time
from collections.abc import Iterable
from typing import Any

from flask import Response, jsonify

from common import App, Work, table

SECONDS_SHOWN = 60
WIDTH, HEIGHT, BAR = 600, 120, 8

app = App(
    "throughput-monitor",
    """
    -- `second` is when we first heard of it, in seconds since 1970.
    CREATE TABLE IF NOT EXISTS message (
        sid TEXT PRIMARY KEY, second INTEGER, status TEXT, code TEXT, place TEXT
    );
    CREATE INDEX IF NOT EXISTS message_by_second ON message (second);
    """,
)


@app.callback("/messages")
def count(work: Work) -> None:
    """A message is counted once, in the second of its first callback; its latest status stands."""
    message = work.callback
    work.db.execute(
        "INSERT INTO message VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
        "SET status = excluded.status, code = excluded.code, place = excluded.place "
        "WHERE excluded.place > place",
        (message.sid, int(work.came), message.status, message["ErrorCode"], message.place),
    )


def figures(db: sqlite3.Connection, now: float) -> dict[str, Any]:
    """What the page shows. Index: message_by_second, and the whole table for the counts."""
    first = int(now) - SECONDS_SHOWN + 1
    by_second = dict(
        db.execute(
            "SELECT second, count(*) FROM message WHERE second >= ? GROUP BY second", (first,)
        )
    )
    by_status = dict(db.execute("SELECT status, count(*) FROM message GROUP BY status"))
    by_code = dict(
        db.execute("SELECT code, count(*) FROM message WHERE code > '' GROUP BY code ORDER BY code")
    )
    delivered = by_status.get("delivered", 0)
    ended = delivered + by_status.get("undelivered", 0) + by_status.get("failed", 0)
    return {
        "messages": sum(by_status.values()),
        "per_second": [by_second.get(first + second, 0) for second in range(SECONDS_SHOWN)],
        "statuses": by_status,
        "delivery_rate": delivered / ended if ended else None,
        "errors": by_code,
    }


@app.flask.get("/figures")
def show_figures() -> Response:
    return jsonify(current_figures())


@app.flask.get("/chart.svg")
def show_chart() -> Response:
    return Response(chart(current_figures()["per_second"]), mimetype="image/svg+xml")


@app.flask.get("/")
def page() -> str:
    return PAGE


def current_figures() -> dict[str, Any]:
    db = app.inbox.read()
    try:
        return figures(db, time.time())
    finally:
        db.close()


def chart(per_second: Iterable[int]) -> str:
    """A bar for each second, the latest at the right."""
    counts = list(per_second)
    most = max(*counts, 1)
    bars = "".join(
        f'<rect x="{10 * at + 1}" y="{HEIGHT - height}" width="{BAR}" height="{height}"/>'
        for at, height in enumerate(round(HEIGHT * count / most) for count in counts)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -20 {WIDTH} {HEIGHT + 24}">'
        f'<text y="-6" font-family="sans-serif" font-size="12">{most} a second</text>'
        f'<path d="M0 {HEIGHT + 1}H{WIDTH}" stroke="#999"/><g fill="#1f6feb">{bars}</g></svg>'
    )


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Throughput</title>
<style>
  body { font: 16px system-ui, sans-serif; margin: 2rem auto; max-width: 40rem; }
  output { font-size: 2rem; font-variant-numeric: tabular-nums; }
  td { padding-right: 2rem; }
</style>
<h1>Messages</h1>
<p><output id="messages"></output> messages, <output id="rate"></output> delivered</p>
<img id="chart" alt="messages a second, of the last minute" width="600">
<table><tbody id="errors"></tbody></table>
<script>
  async function draw() {
    const figures = await (await fetch("/figures")).json();
    const rate = figures.delivery_rate;
    document.getElementById("messages").textContent = figures.messages;
    document.getElementById("rate").textContent =
      rate === null ? "none yet" : `${(100 * rate).toFixed(1)} %`;
    document.getElementById("chart").src = `/chart.svg?${Date.now()}`;
    document.getElementById("errors").replaceChildren(
      ...Object.entries(figures.errors).map(([code, count]) => {
        const row = document.createElement("tr");
        for (const text of [`error ${code}`, count]) row.insertCell().textContent = text;
        return row;
      }));
  }
  draw();
  setInterval(draw, 1000);
</script>
</html>
"""


@app.report
def report(db: sqlite3.Connection) -> str:
    now = figures(db, time.time())
    rate = now["delivery_rate"]
    shown = "unknown" if rate is None else f"{100 * rate:.1f} %"
    errors = table(["Error Code", "Messages"], now["errors"].items())
    return f"{now['messages']} messages, delivery rate {shown}\n{errors}"


if __name__ == "__main__":
    app.run()
