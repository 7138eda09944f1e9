"""A platform reports its own changes; the callbacks arrive, and people see what became of them."""

import json
import socket
from urllib.parse import urlsplit

from native.client import Native
from support.dev import Dev
from support.waiting import wait_for


def message(name, status, **more):
    return {"kind": "message", "external_id": name, "status": status, **more}


def settled(native, state="pending"):
    return not native.get(f"/callbacks?state={state}")["callbacks"]


def test_thousands_of_reports_are_told_in_order(native, receiver):
    url = receiver.url("/status")
    statuses = ["queued", "sending", "sent", "delivered"]
    reports = [
        message(f"m-{number}", status, status_callback=url, event_id=f"{number}-{status}")
        for status in statuses
        for number in range(500)
    ]
    status, summary = native.lines(reports)
    assert (status, summary) == (200, {"taken": 2000, "repeated": 0, "refused": 0, "errors": []})
    wait_for(lambda: len(receiver.arrivals) >= 2000, lambda: f"{len(receiver.arrivals)} arrived")
    told = {}
    for arrival in receiver.arrivals:
        told.setdefault(arrival.sid, []).append(arrival.status)
    assert len(told) == 500
    assert all(each == statuses for each in told.values())
    # After a broken connection one sends all again.
    status, summary = native.lines(reports)
    assert (summary["taken"], summary["repeated"]) == (0, 2000)


def test_results_name_each_line(native):
    results, summary = native.lines(
        [message("a", "sent"), message("a", "queued"), {"kind": "fax"}], results=True
    )
    assert [each["verdict"] for each in results] == ["accepted", "late", "refused"]
    assert results[0]["sid"] == results[1]["sid"]
    assert summary["refused"] == 1 and summary["errors"][0]["line"] == 3


def test_event_ids_hold_after_a_kill(tmp_path):
    report = message("a", "sent", event_id="e-1")
    killed = Dev.start(tmp_path / "dev")
    try:
        assert Native(killed.http, killed.token).report(**report)[1]["taken"] == 1
    finally:
        killed.kill()
    with Dev.start(tmp_path / "dev") as dev:
        native = Native.basic(dev.http, dev.project, dev.token)
        assert native.report(**report)[1]["repeated"] == 1
        status, summary = native.report(**{**report, "status": "delivered"})
        assert status == 207
        assert summary["errors"][0]["code"] == "event_reused"
        assert native.get("/resources/a/timeline")["status"] == "sent"


def test_a_failed_callback_is_seen_explained_and_replayed(dev, native, receiver):
    dev.expected.append("failed; it is kept")
    receiver.answer(lambda arrival: 410)
    url = receiver.url("/status")
    native.report(**message("a", "sent", status_callback=url))
    wait_for(lambda: not settled(native, "failed"), lambda: "no failed callback")
    (callback,) = native.get("/callbacks?resource=a")["callbacks"]
    shown = native.get(f"/callbacks/{callback['id']}")
    assert shown["attempted"][0]["answer"]["status"] == 410
    why = native.get(f"/callbacks/{callback['id']}/explain")
    assert why["last_failure"]["code"] and why["why"]
    receiver.answer(lambda arrival: 200)
    assert native.post("/replay", {"dry_run": True})[1]["callbacks"] == 1
    assert native.post("/replay", {"resource": "a"})[1]["callbacks"] == 1
    wait_for(lambda: len(receiver.arrivals) == 2, lambda: "no replay")
    first, again = receiver.arrivals
    assert first.token == again.token
    assert again.headers["ringback-replay"] == "true"
    kinds = [entry["type"] for entry in native.get("/resources/a/timeline")["entries"]]
    assert kinds.count("attempt") >= 1 and kinds[0] == "change"


def test_the_further_kinds_are_reported_as_well(native, receiver):
    url = receiver.url("/status")
    call = native.lines([{"kind": "call", "external_id": "c", "status": "completed"}], results=True)
    sid = call[0][0]["sid"]
    reports = [
        {"kind": "recording", "external_id": "r", "status": "completed", "fields": {"CallSid": sid}},
        {"kind": "brand", "external_id": "b", "status": "completed"},
    ]
    results, summary = native.lines([{**it, "status_callback": url} for it in reports], results=True)
    assert summary["taken"] == 2, results
    wait_for(lambda: len(receiver.arrivals) == 2, lambda: "two callbacks")
    kinds = {arrival.headers["content-type"].split(";")[0] for arrival in receiver.arrivals}
    assert kinds == {"application/x-www-form-urlencoded", "application/json"}
    status, summary = native.report(kind="campaign", external_id="x", status="active")
    assert (status, summary["errors"][0]["code"]) == (207, "incomplete")


def test_changes_and_attempts_are_streamed(dev, native, receiver):
    with watching(dev) as stream:
        native.report(**message("a", "sent", status_callback=receiver.url("/status")))
        seen = [event(stream), event(stream)]
    assert [each["event"] for each in seen] == ["change", "attempt"]
    assert json.loads(seen[1]["data"])["state"] == "delivered"
    native.report(**message("a", "delivered"))
    with watching(dev, seen[1]["id"]) as stream:
        again = event(stream)
    assert json.loads(again["data"])["change"]["status"] == "delivered"


def test_the_description_names_every_path(native):
    document = native.get("/openapi.json")
    assert document["openapi"].startswith("3.1")
    assert "/v1/changes" in document["paths"]


def watching(dev, last=None):
    """The lines of the stream, after its first comment."""
    address = urlsplit(dev.http)
    connection = socket.create_connection((address.hostname, address.port), timeout=20)
    resume = f"Last-Event-ID: {last}\r\n" if last else ""
    head = (
        f"GET /v1/stream HTTP/1.0\r\nHost: {address.netloc}\r\n"
        f"Authorization: Bearer {dev.token}\r\n{resume}\r\n"
    )
    connection.sendall(head.encode())
    lines = connection.makefile("r", encoding="utf-8", newline="\n")
    connection.close()  # The file keeps it open.
    while not lines.readline().startswith(":"):
        pass
    return lines


def event(lines):
    """The next event, by key."""
    found = {}
    while True:
        line = lines.readline()
        assert line, "the stream ended"
        line = line.rstrip("\n")
        if line and not line.startswith(":"):
            key, value = line.split(": ", 1)
            found[key] = value
        elif found:
            return found
