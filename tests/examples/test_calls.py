"""The examples about calls."""

import csv
from collections import Counter

import pytest
import traffic as made
from examples import picture


def rows(file):
    with open(file, newline="") as lines:
        return list(csv.DictReader(lines))


# Slow enough for calls that last some seconds.
@pytest.mark.parametrize("dev", [20], indirect=True)
def test_each_inbound_call_is_counted_once(example, traffic):
    app = example("inbound-call-tracker")
    to = traffic(app)
    sids = made.inbound_call_tracker(to)
    app.wait_for_report(f"{len(sids)} calls")
    app.stop()

    calls = {call.sid: call for call in to.client.calls.list(limit=100)}
    table = rows(app.data / "Calls.csv")
    assert sorted(row["Call SID"] for row in table) == sorted(sids) == sorted(calls)
    assert Counter(row["Call Status"] for row in table) == {"completed": 5, "failed": 3}
    for row in table:
        call = calls[row["Call SID"]]
        assert float(row["Call Duration(s)"]) == int(call.duration)
        assert (row["To Number"], row["From Number"]) == (call.to, call.from_)
        assert bool(row["Audio in MOS"]) == (row["Call Status"] == "completed")
    minutes = sum(int(call.duration) for call in calls.values()) / 60
    opinions = [float(row["Audio in MOS"]) for row in table if row["Audio in MOS"]]
    mean = sum(opinions) / len(opinions)
    assert minutes > 0
    assert f"8 calls, {minutes:.2f} minutes, mean MOS {mean:.2f}" in app.last_report()
    picture.check(app)


@pytest.mark.parametrize("killed", [False, True], ids=["running", "killed"])
def test_a_hundred_and_one_failed_calls_raise_one_alarm(example, traffic, killed):
    app = example("voice-call-monitor", "--alert-to=+15550109999")
    to = traffic(app)
    sids = made.voice_call_monitor(to)
    if killed:
        app.kill_in_the_midst()
    app.wait_for_report("1 alerts, 0 failed calls", "completed    3")
    alerts = to.client.messages.list(to="+15550109999")
    [report] = app.data.glob("failedCallReport*.csv")
    table = rows(report)
    assert len({row["Call SID"] for row in table}) == len(table) == 101
    assert {row["Call SID"] for row in table} == set(sids[5:])
    assert {row["Call Status"] for row in table} == {"failed"}
    assert {row["Call Direction"] for row in table} == {"outbound-api"}
    assert len(alerts) == 1
    assert alerts[0].body.startswith("101 calls have failed, see failedCallReport.csv.")
    assert app.relay.was_unkind()
    picture.check(app)
