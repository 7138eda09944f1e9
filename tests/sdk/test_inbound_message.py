"""Messages that come in: the number's document, its answers, opt-outs; driven with the SDK."""

import json
import subprocess

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from support import contract
from support.dev import binary
from support.sdk import assert_verified, client_of, own_number
from support.waiting import wait_for

REQUESTED = [
    "MessageSid",
    "AccountSid",
    "From",
    "To",
    "Body",
    "NumMedia",
    "NumSegments",
    "SmsSid",
    "ApiVersion",
]


class Application:
    """What answers at the number's SmsUrl, and hears of the statuses of its answers."""

    def __init__(self, receiver):
        self.receiver = receiver
        self.document = "<Response/>"
        receiver.answer(self._answer)

    def _answer(self, arrival):
        if arrival.target.startswith("/sms"):
            return self.document, 200, {"Content-Type": "text/xml"}
        return 200

    def asked(self, sid):
        arrivals = self.receiver.arrivals
        return [it for it in arrivals if it.target.startswith("/sms") and it.sid == sid]


@pytest.fixture
def application(receiver):
    return Application(receiver)


@pytest.fixture
def number(client, receiver):
    """A number of the project with an SmsUrl; of this test alone."""
    digits = own_number()
    return client.incoming_phone_numbers.create(
        phone_number=digits, sms_url=receiver.url("/sms")
    ).phone_number


def receive(dev, **message):
    answer = requests.post(
        f"{dev.http}/v1/simulate/inbound-message",
        json=message,
        auth=(dev.project, dev.token),
        timeout=10,
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["sid"]


def is_received(client, sid):
    return wait_for(
        lambda: (record := client.messages(sid).fetch()).status == "received" and record,
        "it comes in",
    )


def timeline(dev, sid):
    answer = requests.get(
        f"{dev.http}/v1/resources/{sid}/timeline", auth=(dev.project, dev.token), timeout=10
    )
    return answer.text


def test_the_number_is_asked_and_its_answer_sent(dev, client, receiver, application, number):
    application.document = (
        f'<Response><Message statusCallback="{receiver.url("/status")}">Hi!</Message></Response>'
    )
    sender = own_number()
    sid = receive(dev, **{"from": sender, "to": number, "body": "Grüße"})
    record = is_received(client, sid)
    assert (record.direction, record.from_, record.to) == ("inbound", sender, number)

    [asked] = wait_for(lambda: application.asked(sid), "the SmsUrl is asked")
    assert asked.method == "POST"
    assert_verified(dev.key, asked)
    assert asked.names == REQUESTED
    expected = {"From": sender, "To": number, "Body": "Grüße", "NumMedia": "0", "SmsSid": sid}
    assert {name: asked.params[name] for name in expected} == expected

    [answer] = wait_for(lambda: client.messages.list(from_=number, to=sender), "the answer")
    assert (answer.direction, answer.body) == ("outbound-reply", "Hi!")
    for arrival in receiver.wait(answer.sid, contract.DELIVERED_MESSAGE):
        assert_verified(dev.key, arrival)


def test_a_number_can_be_asked_by_get_and_its_fallback_be_told_why(
    dev, client, receiver, application
):
    digits, sender = own_number(), own_number()
    client.incoming_phone_numbers.create(
        phone_number=digits,
        sms_url=receiver.url("/sms?shop=1"),
        sms_method="GET",
        sms_fallback_url=receiver.url("/sms-instead"),
        sms_fallback_method="POST",
    )
    application.document = "no document"
    sid = receive(dev, **{"from": sender, "to": digits, "body": "a & b"})
    asked, instead = wait_for(
        lambda: (found := application.asked(sid)) and len(found) == 2 and found, "both are asked"
    )
    assert asked.method == "GET"
    assert_verified(dev.key, asked, asked.raw_url)
    assert asked.names == ["shop", *REQUESTED]
    assert asked.params["Body"] == "a & b"
    assert instead.method == "POST"
    assert_verified(dev.key, instead)
    assert instead.names == [*REQUESTED, "ErrorCode", "ErrorUrl"]
    assert instead.params["ErrorCode"] == "12100"
    assert "12100" in timeline(dev, sid)


def test_media_comes_in_and_goes_out(dev, client, application, number):
    application.document = (
        "<Response><Message><Body>see</Body><Media>https://app.example/b.jpg</Media></Message>"
        "</Response>"
    )
    sender = own_number()
    sid = receive(dev, **{"from": sender, "to": number, "media": ["https://a.example/a.png"]})
    [asked] = wait_for(lambda: application.asked(sid), "the SmsUrl is asked")
    assert asked.params["NumMedia"] == "1"
    assert asked.params["MediaUrl0"] == "https://a.example/a.png"
    assert asked.params["MediaContentType0"] == "image/png"
    [media] = client.messages(sid).media.list()
    assert media.content_type == "image/png"
    [answer] = wait_for(lambda: client.messages.list(from_=number, to=sender), "the answer")
    assert str(answer.num_media) == "1"


def test_who_says_stop_gets_no_more_messages(own_dev, receiver, tmp_path):
    data = tmp_path / "data"
    dev = own_dev(time_scale=200, data=data)
    client = client_of(dev)
    number, sender = own_number(), own_number()
    client.incoming_phone_numbers.create(phone_number=number, sms_url=receiver.url("/sms"))
    application = Application(receiver)
    application.document = "<Response><Message>but why?</Message></Response>"
    sid = receive(dev, **{"from": sender, "to": number, "body": "Stop"})
    wait_for(lambda: application.asked(sid), "the SmsUrl is asked")
    wait_for(lambda: "21610" in timeline(dev, sid), "the answer is refused")
    assert client.messages.list(from_=number, to=sender) == []
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=sender, from_=number, body="still there?")
    assert (refused.value.status, refused.value.code) == (422, 21610)
    dev.stop()

    dev = own_dev(time_scale=200, data=data)
    client = client_of(dev)
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=sender, from_=number, body="still there?")
    assert refused.value.code == 21610
    is_received(client, receive(dev, **{"from": sender, "to": number, "body": "START"}))
    assert client.messages.create(to=sender, from_=number, body="hello again").status == "queued"


def test_a_message_to_another_number_of_the_project_comes_in_there(
    dev, client, receiver, application, number
):
    other = own_number()
    client.incoming_phone_numbers.create(phone_number=other)
    sent = client.messages.create(to=number, from_=other, body="to myself")
    wait_for(lambda: client.messages(sent.sid).fetch().status == "delivered", "delivered")

    def inbound():
        found = client.messages.list(from_=other, to=number)
        return [each for each in found if each.direction == "inbound"]

    [arrived] = wait_for(inbound, "it comes in")
    assert arrived.body == "to myself"
    wait_for(lambda: application.asked(arrived.sid), "the SmsUrl is asked")


def test_the_command_does_the_same(dev, client, application, number):
    scenario = {"replies": {"status": "failed", "error_code": "30022"}}
    application.document = "<Response><Message>no</Message></Response>"
    sender = own_number()
    done = subprocess.run(
        [
            str(binary()),
            "simulate",
            "message",
            f"--from={sender}",
            f"--to={number}",
            "--body=hello",
            f"--scenario={json.dumps(scenario)}",
            f"--api={dev.http}",
            f"--project={dev.project}",
            f"--token={dev.token}",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    sid = done.stdout.strip()
    assert is_received(client, sid).body == "hello"
    [answer] = wait_for(lambda: client.messages.list(from_=number, to=sender), "the answer")
    wait_for(lambda: client.messages(answer.sid).fetch().error_code == 30022, "it fails so")
