"""Numbers with a meaning on the simulated network: both tables, each row."""

import pytest
from twilio.base.exceptions import TwilioRestException

from support.sdk import DOCUMENT, OURS, assert_verified
from support.waiting import wait_for

PREFIX = "+1555555"
TWILIO = "+1500555"


@pytest.mark.parametrize(
    ("ending", "status", "sip"),
    [
        ("0486", "busy", "486"),
        ("0480", "no-answer", "480"),
        ("0487", "no-answer", "487"),
        ("0404", "failed", "404"),
        ("0503", "failed", "503"),
        ("0603", "failed", "603"),
    ],
)
def test_a_call_ends_as_its_number_says(dev, client, receiver, ending, status, sip):
    call = client.calls.create(
        to=PREFIX + ending,
        from_=OURS,
        url=DOCUMENT,
        timeout=20,
        status_callback=receiver.url(),
    )
    [only] = receiver.wait(call.sid, [status])
    assert_verified(dev.key, only)
    assert only.params["SipResultCode"] == sip
    assert only.params["CallDuration"] == "0"
    assert client.calls(call.sid).fetch().status == status


@pytest.mark.parametrize(("detection", "said"), [("Enable", "machine"), (None, None)])
def test_a_machine_answers_and_is_noticed_if_asked_for(client, receiver, detection, said):
    asked = {"machine_detection": detection} if detection else {}
    call = client.calls.create(
        to=PREFIX + "0700", from_=OURS, url=DOCUMENT, status_callback=receiver.url(), **asked
    )
    [last] = receiver.wait(call.sid, ["completed"])
    assert last.params.get("AnsweredBy") == said
    assert client.calls(call.sid).fetch().answered_by == said


@pytest.mark.parametrize("ending", ["3003", "3004", "3005", "3006", "3007", "3008", "3009"])
def test_a_message_is_not_delivered_as_its_number_says(dev, client, receiver, ending):
    message = client.messages.create(
        to=PREFIX + ending, from_=OURS, body="hello", status_callback=receiver.url()
    )
    *others, last = receiver.wait(message.sid, ["queued", "sending", "sent", "undelivered"])
    assert_verified(dev.key, last)
    code = f"3000{ending[-1]}"
    assert last.params["ErrorCode"] == code
    assert all("ErrorCode" not in other.names for other in others)
    record = client.messages(message.sid).fetch()
    assert (record.status, record.error_code) == ("undelivered", int(code))
    assert record.error_message


@pytest.mark.parametrize("ending, code", [("3001", "30001"), ("3022", "30022")])
def test_a_message_fails_as_its_number_says(client, receiver, ending, code):
    message = client.messages.create(
        to=PREFIX + ending, from_=OURS, body="hello", status_callback=receiver.url()
    )
    arrivals = receiver.wait_until(message.sid, "failed")
    assert arrivals[-1].params["ErrorCode"] == code
    assert client.messages(message.sid).fetch().status == "failed"


def test_a_message_without_a_receipt_stays_sent(client, receiver):
    silent = client.messages.create(
        to=PREFIX + "3000", from_=OURS, body="hello", status_callback=receiver.url()
    )
    receiver.wait_until(silent.sid, "sent")
    # Made later than it and delivered: the time for a receipt is over.
    for _ in range(3):
        other = client.messages.create(
            to=PREFIX + "1234", from_=OURS, body="hello", status_callback=receiver.url()
        )
        receiver.wait_until(other.sid, "delivered")
    assert client.messages(silent.sid).fetch().status == "sent"
    assert [each.status for each in receiver.of(silent.sid)] == ["queued", "sending", "sent"]


@pytest.mark.parametrize(
    ("side", "number", "code"),
    [
        ("from", "0001", 21212),
        ("from", "0007", 21606),
        ("from", "0008", 21611),
        ("from", "0006", None),
        ("to", "0001", 21211),
        ("to", "0002", 21612),
        ("to", "0003", 21408),
        ("to", "0004", 21610),
        ("to", "0009", 21614),
    ],
)
def test_a_message_is_refused_as_twilios_test_numbers_are(client, side, number, code):
    special = TWILIO + number
    parties = (
        {"to": PREFIX + "1234", "from_": special}
        if side == "from"
        else {"to": special, "from_": OURS}
    )
    check_refusal(lambda: client.messages.create(body="hello", **parties), code)


@pytest.mark.parametrize(
    ("side", "number", "code"),
    [
        ("from", "0001", 21212),
        ("from", "0006", None),
        ("to", "0001", 21217),
        ("to", "0002", 21214),
        ("to", "0003", 21215),
        ("to", "0004", 21216),
    ],
)
def test_a_call_is_refused_as_twilios_test_numbers_are(client, side, number, code):
    special = TWILIO + number
    parties = (
        {"to": PREFIX + "1234", "from_": special}
        if side == "from"
        else {"to": special, "from_": OURS}
    )
    check_refusal(lambda: client.calls.create(url=DOCUMENT, **parties), code)


def check_refusal(create, code):
    if code is None:
        wait_for(lambda: create().sid, "created")
        return
    with pytest.raises(TwilioRestException) as refused:
        create()
    assert refused.value.code == code
    assert 400 <= refused.value.status < 500
