"""The examples about messages."""

import csv

import pytest

import traffic as made
from common.message import send_once
from examples import picture


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
