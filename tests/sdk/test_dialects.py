"""Dialects: how the same call and the same message look to who expects something else."""

import pytest

from support import contract
from support.sdk import DOCUMENT, OURS, THEIRS, assert_verified, client_of

IN_DIALECT = {
    "signalwire-strict": (
        ["initiated", "ringing", "in-progress", "completed"],
        ["queued", "sending", "sent", "delivered"],
    ),
    "twilio": (
        ["initiated", "ringing", "in-progress", "completed"],
        ["sending", "sent", "delivered"],
    ),
}


@pytest.fixture
def told(own_dev, receiver):
    """Makes a call and a message in a dialect; what the receiver was told of each."""

    def tell(dialect):
        dev = own_dev(f"--dialect={dialect}")
        client = client_of(dev)
        call = client.calls.create(
            to=THEIRS,
            from_=OURS,
            url=DOCUMENT,
            status_callback=receiver.url(),
            status_callback_event=contract.CALL_EVENTS,
        )
        message = client.messages.create(
            to=THEIRS, from_=OURS, body="hello", status_callback=receiver.url()
        )
        calls, messages = IN_DIALECT[dialect]
        told = receiver.wait(call.sid, calls), receiver.wait(message.sid, messages)
        for arrival in [*told[0], *told[1]]:
            assert_verified(dev.key, arrival)
        return told

    return tell


def test_signalwire_strict_keeps_to_the_published_schema(told):
    calls, messages = told("signalwire-strict")
    for number, arrival in enumerate(calls):
        params = arrival.params
        assert params["SequenceNumber"] == str(number)
        assert arrival.names == contract.in_order_of(contract.VOICE, arrival.names)
        assert set(arrival.names).isdisjoint([*contract.HANGUP, "AnsweredBy"])
        assert set(arrival.names) >= {*contract.COUNTERS, "AudioInMos"}
    assert calls[0].params["AudioInMos"] == "0.0"
    assert float(calls[-1].params["AudioInMos"]) >= 1
    for arrival in messages:
        assert arrival.names == [name for name in contract.MESSAGE if name != "ErrorCode"]


def test_twilio_has_its_own_parameters(told):
    calls, messages = told("twilio")
    for number, arrival in enumerate(calls):
        params = arrival.params
        assert params["SequenceNumber"] == str(number)
        assert (params["Caller"], params["Called"]) == (OURS, THEIRS)
    assert not any(name.startswith("Audio") for name in calls[0].names)
    last = calls[-1].params
    assert last["SipResponseCode"] == last["SipResultCode"] == "200"
    assert last["Duration"].isdigit()
    for arrival in messages:
        params = arrival.params
        assert params["SmsSid"] == params["MessageSid"]
        assert params["SmsStatus"] == params["MessageStatus"]
        assert params["ApiVersion"] == "2010-04-01"
