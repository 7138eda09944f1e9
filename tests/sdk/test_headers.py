"""Headers: identity, signatures, and what stays the same when a callback is sent again."""

import base64
import hashlib
import hmac
import re
import time

import pytest

from support import contract
from support.sdk import OURS, THEIRS, assert_verified, client_of

EXTRA = [
    "x-twilio-signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "i-twilio-idempotency-token",
]


def webhook_secret(key):
    return "whsec_" + base64.b64encode(key.encode()).decode()


def standard_webhook_verified(secret, headers, body):
    """As standardwebhooks.com has it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    ours = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(ours, each) for each in headers["webhook-signature"].split(" "))


def send(client, receiver, path="/status"):
    return client.messages.create(
        to=THEIRS, from_=OURS, body="héllo", status_callback=receiver.url(path)
    )


def test_each_callback_says_who_sent_it_and_which_it_is(dev, client, receiver):
    message = send(client, receiver)
    arrivals = receiver.wait(message.sid, contract.DELIVERED_MESSAGE)
    for arrival in arrivals:
        headers = arrival.headers
        assert re.fullmatch(r"Ringback/\d+\.\d+\.\d+\S*", headers["user-agent"])
        assert re.fullmatch(contract.UUID, headers["webhook-id"])
        assert headers["i-twilio-idempotency-token"] == headers["webhook-id"]
        assert headers["x-twilio-signature"] == headers["x-signalwire-signature"]
        assert headers["host"] == f"127.0.0.1:{receiver.port}"
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
        assert headers["ringback-depth"] == "1"
        assert "ringback-late" not in headers
        assert "authorization" not in headers
        assert standard_webhook_verified(webhook_secret(dev.key), headers, arrival.body)
        assert not standard_webhook_verified(webhook_secret("other"), headers, arrival.body)
        assert not standard_webhook_verified(webhook_secret(dev.key), headers, arrival.body + b"&")
    assert len({arrival.token for arrival in arrivals}) == len(arrivals)


def test_the_webhook_secret_is_printed(dev):
    assert webhook_secret(dev.key) in dev.stdout() + dev.stderr()


def test_what_is_sent_again_is_the_same_callback(dev, client, receiver):
    """503 twice: the id and the parameters stay, time and signature are the attempt's."""
    failures = iter([503, 503])
    receiver.answer(lambda arrival: next(failures, 200))
    message = send(client, receiver)
    tries = receiver.wait_until(message.sid, "sending")[:3]
    assert [each.status for each in tries] == ["queued"] * 3
    assert len({each.token for each in tries}) == 1
    assert len({each.body for each in tries}) == 1
    stamps = [int(each.headers["webhook-timestamp"]) for each in tries]
    assert stamps == sorted(stamps)
    assert stamps[0] < stamps[2], "a second each between the quick tries"
    for each in tries:
        assert_verified(dev.key, each)
        assert standard_webhook_verified(webhook_secret(dev.key), each.headers, each.body)
    arrivals = receiver.wait_until(message.sid, "delivered")
    firsts = list(dict.fromkeys(each.status for each in arrivals))
    assert firsts == contract.DELIVERED_MESSAGE


@pytest.mark.parametrize("option", ["--dialect=signalwire-strict", "--set=extra_headers=off"])
def test_extra_headers_can_be_left_out(own_dev, receiver, option):
    dev = own_dev(option)
    message = send(client_of(dev), receiver)
    for arrival in receiver.wait(message.sid, contract.DELIVERED_MESSAGE):
        assert_verified(dev.key, arrival)
        assert [name for name in EXTRA if name in arrival.headers] == []
