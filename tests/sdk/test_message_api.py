"""Messages of the newer message API: JSON both ways, verified with the SDK's validator."""

import hashlib
import hmac
import re

import pytest
import requests
from signalwire.request_validator import RequestValidator

from support.sdk import OURS, THEIRS, client_of

# SignalWire's `MessageStatusCallbackPayload`, in its order, and the type of each field.
PAYLOAD = {
    "id": str,
    "project_id": str,
    "status": str,
    "to": str,
    "from": str,
    "body": str,
    "number_of_segments": int,
    "timestamp": str,
    "error_code": (str, type(None)),
    "error_message": (str, type(None)),
}
DELIVERED = ["queued", "initiated", "sent", "delivered"]


def post(dev, message, auth=None):
    return requests.post(
        f"{dev.http}/api/messaging/messages",
        json=message,
        auth=auth or (dev.project, dev.token),
        timeout=10,
    )


def message_to(receiver, **more):
    return {
        "to": THEIRS,
        "from": OURS,
        "body": "Grüße, 你好",
        "status_callback": receiver.url(),
    } | more


@pytest.mark.parametrize("dialect", ["signalwire", "twilio"])
def test_each_status_arrives_as_signed_json(own_dev, receiver, dialect):
    dev = own_dev(f"--dialect={dialect}", time_scale=200)
    variables = {"order": "12345", "note": "as & is"}
    answer = post(dev, message_to(receiver, custom_variables=variables))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["status"], made["kind"], made["direction"]) == ("queued", "sms", "outbound")

    for arrival in receiver.wait(made["id"], DELIVERED):
        assert arrival.method == "POST"
        assert arrival.headers["content-type"] == "application/json"
        fields = arrival.json
        assert list(fields) == [*PAYLOAD, "custom_variables"]
        for name, kind in PAYLOAD.items():
            assert isinstance(fields[name], kind), name
        assert fields["project_id"] == dev.project
        assert (fields["to"], fields["from"]) == (THEIRS, OURS)
        assert (fields["body"], fields["number_of_segments"]) == ("Grüße, 你好", 1)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", fields["timestamp"])
        assert (fields["error_code"], fields["error_message"]) == (None, None)
        assert fields["custom_variables"] == variables

        text = arrival.body.decode()
        validator = RequestValidator(dev.key)
        assert validator.validate(arrival.url, text, arrival.signature)
        # Asked to refuse one, it would try the other scheme, which chokes on numbers.
        assert validator.build_signature(arrival.url, text + " ") != arrival.signature
        signed = (arrival.url + text).encode()
        long = hmac.new(dev.key.encode(), signed, hashlib.sha256).hexdigest()
        assert arrival.headers["x-signalwire-sha256-signature"] == long

    record = client_of(dev).messages(made["id"]).fetch()
    assert (record.status, record.body) == ("delivered", "Grüße, 你好")


def test_what_failed_says_why(dev, receiver):
    made = post(dev, message_to(receiver, to="+15550103003")).json()
    *_, last = receiver.wait(made["id"], ["queued", "initiated", "sent", "undelivered"])
    assert last.json["error_code"] == "30003"
    assert last.json["error_message"]
    assert "custom_variables" not in last.json


def test_a_redacted_message_says_nothing(dev, receiver):
    made = post(dev, message_to(receiver, media=["https://app.example/a.png"])).json()
    assert made["kind"] == "mms"
    receiver.wait(made["id"], DELIVERED[:3])
    answer = requests.patch(
        f"{dev.http}/api/messaging/messages/{made['id']}",
        json={"body": ""},
        auth=(dev.project, dev.token),
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["body"], answer.json()["media"]) == ("", [])


def test_what_is_wrong_is_told_all_at_once(dev, receiver):
    answer = post(dev, {"to": "x", "body": 1})
    assert answer.status_code == 422
    faults = [(each["code"], each["attribute"]) for each in answer.json()["errors"]]
    assert faults == [
        ("invalid_to_number", "to"),
        ("missing_required_parameter", "from"),
        ("not_a_string", "body"),
    ]
    refused = post(dev, message_to(receiver, to="+15005550004"))
    [fault] = refused.json()["errors"]
    assert (refused.status_code, fault["code"]) == (422, "message_blocked_by_number")
    stranger = post(dev, message_to(receiver), auth=(dev.project, "wrong"))
    assert (stranger.status_code, stranger.json()) == (401, {"error": "Unauthorized"})
    assert receiver.arrivals == []
