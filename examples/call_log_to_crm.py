"""Call log to a CRM: each call that is over, as HubSpot and Salesforce want to hear of it.

Give calls `…/CallStatus` as their StatusCallback. Each CRM is told by a task of its own, again
until it takes it, so that none is lost while a CRM is down, and none waits for the other. A call is
written under its SID, so that one that is told twice is there once:

- HubSpot: `batch/upsert` of the calls object, by a property that has unique values. Make it once:
  a text property of calls, `call_sid`, with "require unique values".
- Salesforce: the upsert of a Task by an external id. Make it once: a text field of activities,
  `Call_Sid__c`, an external id, unique.

Left to you is whom the call belongs to (HubSpot's associations, Salesforce's WhoId).
"""

import os
import sqlite3
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

from common import App, Callback, Work, table

CRM_TIMEOUT_S = 10
# https://developers.hubspot.com/docs/guides/api/crm/engagements/calls, hs_call_status.
HUBSPOT_STATUS = {
    "completed": "COMPLETED",
    "busy": "BUSY",
    "no-answer": "NO_ANSWER",
    "failed": "FAILED",
    "canceled": "CANCELED",
}
SALESFORCE_VERSION = "v62.0"

app = App(
    "call-log-to-crm",
    """
    CREATE TABLE IF NOT EXISTS call (
        sid TEXT PRIMARY KEY, status TEXT, "from" TEXT, "to" TEXT, seconds INTEGER,
        hubspot TEXT DEFAULT 'to do', salesforce TEXT DEFAULT 'to do'
    );
    """,
)
app.option("--hubspot", "https://api.hubapi.com", "the base of HubSpot's API")
app.option("--salesforce", "https://example.my.salesforce.com", "the base of your Salesforce")


@app.callback("/CallStatus")
def log_call(work: Work) -> None:
    """A call ends once: the first end stands, and what comes late is not an end."""
    call = work.callback
    if not call.is_end:
        return
    work.db.execute(
        'INSERT OR IGNORE INTO call (sid, status, "from", "to", seconds) VALUES (?, ?, ?, ?, ?)',
        (call.sid, call.status, call["From"], call["To"], seconds(call)),
    )
    work.later("hubspot", call.sid, **call.params)
    work.later("salesforce", call.sid, **call.params)


@app.task("hubspot")
def tell_hubspot(work: Work) -> None:
    call = work.callback
    direction = "INBOUND" if call["Direction"] == "inbound" else "OUTBOUND"
    properties = {
        "hs_timestamp": f"{ended_at(call):%Y-%m-%dT%H:%M:%SZ}",
        "hs_call_title": f"Call to {call['To']}",
        "hs_call_direction": direction,
        "hs_call_status": HUBSPOT_STATUS[call.status],
        # In milliseconds.
        "hs_call_duration": str(1000 * seconds(call)),
        "hs_call_from_number": call["From"],
        "hs_call_to_number": call["To"],
        "hs_call_body": f"{call.status}, {call['SipResultCode']}".rstrip(", "),
        "call_sid": call.sid,
    }
    # Only https is taken there.
    if call["RecordingUrl"].startswith("https://"):
        properties["hs_call_recording_url"] = call["RecordingUrl"]
    answer = requests.post(
        f"{app.options.hubspot}/crm/v3/objects/calls/batch/upsert",
        json={"inputs": [{"idProperty": "call_sid", "id": call.sid, "properties": properties}]},
        headers=bearer("HUBSPOT_TOKEN"),
        timeout=CRM_TIMEOUT_S,
    )
    answer.raise_for_status()
    # 207: the request was understood, and something in it was refused.
    if answer.status_code == requests.codes.multi_status:
        raise RuntimeError(f"HubSpot refused it: {answer.text}")
    written(work, "hubspot")


@app.task("salesforce")
def tell_salesforce(work: Work) -> None:
    call = work.callback
    inbound = call["Direction"] == "inbound"
    answer = requests.patch(
        f"{app.options.salesforce}/services/data/{SALESFORCE_VERSION}"
        f"/sobjects/Task/Call_Sid__c/{call.sid}",
        json={
            "Subject": "Call",
            "TaskSubtype": "Call",
            "Status": "Completed",
            "Priority": "Normal",
            "ActivityDate": f"{ended_at(call):%Y-%m-%d}",
            "CallType": "Inbound" if inbound else "Outbound",
            "CallDurationInSeconds": seconds(call),
            "CallDisposition": call.status,
            "CallObject": call.sid,
            "Description": f"From {call['From']} to {call['To']}",
        },
        headers=bearer("SALESFORCE_TOKEN"),
        timeout=CRM_TIMEOUT_S,
    )
    answer.raise_for_status()
    written(work, "salesforce")


def bearer(variable: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {os.environ.get(variable, '')}"}


def seconds(call: Callback) -> int:
    return int(call["CallDuration"] or 0)


def ended_at(call: Callback) -> datetime:
    return parsedate_to_datetime(call["Timestamp"]).astimezone(UTC)


def written(work: Work, crm: str) -> None:
    work.db.execute(f"UPDATE call SET {crm} = 'done' WHERE sid = ?", (work.callback.sid,))


@app.report
def report(db: sqlite3.Connection) -> str:
    rows = db.execute(
        'SELECT sid, status, "to", hubspot, salesforce FROM call ORDER BY "to", sid'
    ).fetchall()
    return table(["Call SID", "Status", "To", "HubSpot", "Salesforce"], rows)


if __name__ == "__main__":
    app.run()
