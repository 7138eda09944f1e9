"""The examples about messages."""

import csv
import json
import xml.etree.ElementTree as xml

import pytest

import traffic as made
from common.message import send_once
from examples import picture
from examples.running import ran
from support.waiting import wait_for


FILES = {
    "sms-error-tracker": "failedAndUndeliveredMessages.csv",
    "sms-error-tracker-node": "UndeliveredMessages.csv",
}


@pytest.mark.parametrize("killed", [False, True], ids=["running", "killed"])
@pytest.mark.parametrize("name", FILES)
def test_each_message_that_did_not_arrive_is_in_the_file_once(example, traffic, name, killed):
    app = example(name)
    to = traffic(app)
    sids = made.sms_error_tracker(to)
    if killed:
        app.kill_in_the_midst()
    app.wait_for_report("14 of 20 delivered, delivery rate 70.0 %", "30007")
    app.stop()
    with open(app.data / FILES[name], newline="") as lines:
        table = list(csv.DictReader(lines))
    assert [row["Message Sid"] for row in table] == sids[14:]
    assert [row["Error Code"] for row in table] == "30001 30003 30004 30005 30006 30007".split()
    for row in table:
        message = to.client.messages(row["Message Sid"]).fetch()
        assert row["Message Status"] == message.status
        assert row["Error Message"] == message.error_message != ""
        assert (row["To"], row["From"]) == (message.to, message.from_)
        assert row["Body"] == "Your table is ready."
        assert row["Date Sent"] or row["Message Status"] == "failed"
    assert app.relay.was_unkind()
    picture.check(app)


def test_a_message_that_may_have_been_sent_is_looked_for(traffic, dev):
    client = traffic(dev).client
    message = {"to": "+15550109999", "from_": "+15550100001"}
    first = send_once(client, **message, body="one", tried=False)
    assert send_once(client, **message, body="one", tried=True) == first
    assert send_once(client, **message, body="two", tried=True) != first
    assert len(client.messages.list(to=message["to"])) == 2


def test_the_page_shows_each_message_once_and_why_some_did_not_arrive(example, traffic):
    app = example("throughput-monitor")
    made.throughput_monitor(traffic(app))
    app.wait_for_report("20 messages, delivery rate 70.0 %")
    figures = json.loads(app.get("/figures"))
    lost = ("30001", "30003", "30004", "30005", "30006", "30007")
    assert figures["errors"] == dict.fromkeys(lost, 1)
    assert figures["statuses"] == {"delivered": 14, "undelivered": 5, "failed": 1}
    assert figures["delivery_rate"] == 0.7
    assert (figures["messages"], sum(figures["per_second"])) == (20, 20)
    # The chart has a bar for each second.
    chart = xml.fromstring(app.get("/chart.svg"))
    bars = [int(bar.get("height")) for bar in chart.iter("{http://www.w3.org/2000/svg}rect")]
    assert len(bars) == 60 and max(bars) == 120
    assert 'fetch("/figures")' in app.get("/")
    assert app.relay.was_unkind()
    picture.check(app)


def test_the_export_has_each_message_with_the_code_and_no_other(traffic, dev, tmp_path):
    to = traffic(dev)
    sids = [
        to.client.messages.create(from_=made.OURS, to=number, body="hello").sid
        for number in ("+15550103003", "+15550103005", "+15550103003", made.DELIVERED)
    ]
    ended = ("delivered", "undelivered")
    wait_for(lambda: all(m.status in ended for m in to.client.messages.list()), "the ends")
    file = tmp_path / "Messages.csv"
    export = ("error-code-csv-export", "30003", "--from", made.OURS, "--output", str(file))
    printed = ran(dev, *export, "--since", "2020-01-01").stdout
    with open(file, newline="") as lines:
        table = list(csv.DictReader(lines))
    assert {row["MessageSID"] for row in table} == {sids[0], sids[2]}
    for row in table:
        message = to.client.messages(row["MessageSID"]).fetch()
        assert (row["From"], row["To"], row["Error Code"]) == (made.OURS, message.to, "30003")
        assert row["Date"] == f"{message.date_created:%Y-%m-%d %H:%M:%S}"
    picture.compare("error-code-csv-export", printed.strip(), "error-code-csv-export 30003")

    ran(dev, "error-code-csv-export", "30003", "--since", "2999-01-01", "--output", str(file))
    with open(file, newline="") as lines:
        assert list(csv.DictReader(lines)) == []


# Slow enough for a message that is still on its way.
@pytest.mark.parametrize("dev", [5], indirect=True)
@pytest.mark.parametrize("how", ["redacted", "deleted"])
def test_a_text_is_taken_away_as_soon_as_it_can_be(traffic, dev, how):
    client = traffic(dev).client
    earlier = client.messages.create(from_=made.OURS, to=made.DELIVERED, body="Of yesterday.")
    options = ["--body=Your result is here.", "--after-s=0"]
    options += ["--delete"] if how == "deleted" else []
    done = ran(dev, "redact-after-send", *options)
    refusals = done.stderr.splitlines()
    assert refusals, "it has to be refused while the message is on its way"
    left = client.messages.list()
    if how == "deleted":
        assert left == []
    else:
        assert {message.sid for message in left} >= {earlier.sid}
        assert [message.body for message in left] == ["", ""]
        picture.compare("redact-after-send", done.stdout.strip(), "redact-after-send --body …")
    assert done.stdout.count(how) == 2
    assert ran(dev, "redact-after-send").stdout.count(how) == 0
