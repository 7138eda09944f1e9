"""The examples about calls."""

import csv
from collections import Counter

import pytest
import traffic as made
from examples import picture
from examples.crm import Crm
from support.waiting import wait_for


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


@pytest.mark.parametrize("dev", [20], indirect=True)
def test_each_call_is_in_both_crms_once_also_when_they_were_down(example, traffic):
    with Crm() as crm:
        app = example(
            "call-log-to-crm",
            f"--hubspot={crm.url}",
            f"--salesforce={crm.url}",
            expected=["HTTPError", "ConnectionError", "RemoteDisconnected"],
        )
        to = traffic(app)
        sids = made.call_log_to_crm(to)
        wait_for(lambda: crm.turned_away >= 4, "requests while the CRMs are down")
        wait_for(app.settled, "every callback to be answered while the CRMs are down")
        app.kill()
        app.start()
        crm.come_back()
        app.wait_for_report(*(f"{sid}  " for sid in sids))
        wait_for(lambda: "to do" not in app.last_report(), app.last_report, 60)
        assert crm.refused == []
        assert crm.answers_lost == 2, "one of each CRM was told that twice"
        assert sorted(crm.hubspot) == sorted(crm.salesforce) == sorted(sids)
        for sid in sids:
            call = to.client.calls(sid).fetch()
            hubspot, salesforce = crm.hubspot[sid], crm.salesforce[sid]
            assert hubspot["hs_call_status"] == call.status.upper().replace("-", "_")
            assert hubspot["hs_call_duration"] == f"{1000 * int(call.duration)}"
            assert hubspot["hs_call_to_number"] == call.to
            assert salesforce["CallDisposition"] == call.status
            assert salesforce["CallDurationInSeconds"] == int(call.duration)
        picture.check(app)
