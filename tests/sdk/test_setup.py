"""Numbers, applications and accounts over the SDK, and who hears of what uses them."""

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from support.dev import Dev
from support.sdk import DOCUMENT, OURS, THEIRS, assert_verified, client_of, own_number

INBOUND = "CallSid AccountSid From To Timestamp CallStatus CallDuration".split()


def refusal(action):
    with pytest.raises(TwilioRestException) as refused:
        action()
    return refused.value.status, refused.value.code


def api(dev, method, path, **more):
    return requests.request(
        method, dev.http + path, auth=(dev.project, dev.token), timeout=10, **more
    )


def test_a_number_is_taken_listed_changed_and_given_up(client):
    digits = own_number()
    application = client.applications.create(friendly_name="of the number")
    number = client.incoming_phone_numbers.create(
        phone_number=digits,
        friendly_name="front desk",
        voice_url="https://app.example/voice",
        voice_method="GET",
        sms_application_sid=application.sid,
        status_callback="https://app.example/status",
    )
    assert (number.phone_number, number.friendly_name) == (digits, "front desk")
    assert (number.voice_url, number.voice_method) == ("https://app.example/voice", "GET")
    assert (number.sms_application_sid, number.sms_url) == (application.sid, None)
    assert number.capabilities["sms"] is True
    assert [it.sid for it in client.incoming_phone_numbers.list(phone_number=digits)] == [number.sid]

    changed = number.update(sms_url="https://app.example/sms", voice_url="")
    assert (changed.sms_url, changed.voice_url) == ("https://app.example/sms", None)
    assert changed.status_callback == "https://app.example/status"
    fetched = client.incoming_phone_numbers(number.sid).fetch()
    assert fetched.sms_url == "https://app.example/sms"

    numbers = client.incoming_phone_numbers
    assert refusal(lambda: numbers.create(phone_number=digits)) == (422, 21422)
    assert number.delete() is True
    assert refusal(lambda: client.incoming_phone_numbers(number.sid).fetch()) == (404, 20404)
    assert client.incoming_phone_numbers.list(phone_number=digits) == []


def test_a_number_that_is_offered_can_be_taken(client):
    offered = client.available_phone_numbers("US").local.list(area_code="206", limit=2)
    assert len(offered) == 2
    taken = client.incoming_phone_numbers.create(phone_number=offered[0].phone_number)
    left = client.available_phone_numbers("US").local.list(area_code="206", limit=1)
    assert left[0].phone_number == offered[1].phone_number
    assert client.available_phone_numbers("US").toll_free.list(limit=1)[0].iso_country == "US"
    assert taken.delete()


@pytest.mark.parametrize(
    ("number", "code"), [("+15005550000", 21422), ("+15005550001", 21421), ("5550100001", 21401)]
)
def test_a_number_that_cannot_be_had_is_refused(client, number, code):
    numbers = client.incoming_phone_numbers
    assert refusal(lambda: numbers.create(phone_number=number)) == (422, code)


def test_twilios_number_that_is_fine_is_fine(client):
    assert client.incoming_phone_numbers.create(phone_number="+15005550006").delete()


def test_an_application_is_made_listed_changed_and_removed(client):
    made = client.applications.create(
        friendly_name="my app",
        message_status_callback="https://app.example/messages",
        status_callback="https://app.example/calls",
        status_callback_method="GET",
    )
    assert made.sms_status_callback == "https://app.example/messages"
    assert made.status_callback_method == "GET"
    assert made.sid in [it.sid for it in client.applications.list(friendly_name="my app")]
    changed = made.update(voice_url="https://app.example/voice")
    assert (changed.voice_url, changed.friendly_name) == ("https://app.example/voice", "my app")
    assert client.applications(made.sid).fetch().status_callback == "https://app.example/calls"
    assert made.delete() is True
    assert refusal(lambda: client.applications(made.sid).fetch()) == (404, 20404)
    call = {"to": THEIRS, "from_": OURS, "application_sid": made.sid}
    assert refusal(lambda: client.calls.create(**call)) == (422, 21218)
    message = {"to": THEIRS, "from_": OURS, "body": "x", "application_sid": made.sid}
    assert refusal(lambda: client.messages.create(**message)) == (422, 21218)


def test_an_application_hears_of_the_messages_and_calls_that_name_it(dev, client, receiver):
    application = client.applications.create(
        friendly_name="hears",
        voice_url=DOCUMENT,
        status_callback=receiver.url("/calls"),
        sms_status_callback=receiver.url("/messages"),
    )
    message = client.messages.create(
        to=THEIRS, from_=OURS, body="hello", application_sid=application.sid
    )
    for told in receiver.wait(message.sid, ["queued", "sending", "sent", "delivered"]):
        assert told.target.startswith("/messages")
        assert_verified(dev.key, told)
    call = client.calls.create(to=THEIRS, from_=OURS, application_sid=application.sid)
    [told] = receiver.wait(call.sid, ["completed"])
    assert told.target.startswith("/calls")
    assert_verified(dev.key, told)


def test_what_names_nobody_is_told_to_the_projects_default(own_dev, receiver):
    dev = own_dev(f"--set=status_callback={receiver.url('/default')}", time_scale=200)
    message = client_of(dev).messages.create(to=THEIRS, from_=OURS, body="hello")
    for told in receiver.wait(message.sid, ["queued", "sending", "sent", "delivered"]):
        assert told.target.startswith("/default")
        assert_verified(dev.key, told)


def test_a_number_is_told_of_the_end_of_a_reported_call_once(dev, client, receiver):
    digits = own_number()
    number = client.incoming_phone_numbers.create(phone_number=digits)
    # By the other API, which has names of its own.
    changed = api(
        dev,
        "PUT",
        f"/api/relay/rest/phone_numbers/{number.sid}",
        json={"call_status_callback_url": receiver.url("/number")},
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["call_status_callback_url"] == receiver.url("/number")
    assert number.fetch().status_callback == receiver.url("/number")
    report = {"kind": "call", "external_id": f"in-{digits}", "direction": "inbound"}
    report |= {"from": THEIRS, "to": digits}
    for status in ["ringing", "in-progress", "completed"]:
        told = api(dev, "POST", "/v1/changes", json=report | {"status": status})
        assert told.json()["taken"] == 1, told.text
    [call] = client.calls.list(to=digits)
    [only] = receiver.wait(call.sid, ["completed"])
    assert only.target.startswith("/number")
    assert [name for name in only.names if name != "AudioInMos"] == INBOUND
    assert_verified(dev.key, only)
    shown = api(dev, "GET", f"/2010-04-01/Accounts/{dev.project}/Calls/{call.sid}.json")
    assert shown.json()["phone_number_sid"] == number.sid


def test_a_subproject_works_with_its_own_credentials_and_its_parents(own_dev):
    # Its projects stay in its data: one of the test's own.
    dev = own_dev(time_scale=200)
    client = client_of(dev)
    made = api(dev, "POST", "/2010-04-01/Accounts.json", data={"FriendlyName": "shop"})
    assert made.status_code == 201
    account, token = made.json(), made.headers["ringback-api-token"]
    assert account["signing_key"] and account["auth_token"] == "redacted"
    child = client_of(dev, token=token, project=account["sid"])
    message = child.messages.create(to=THEIRS, from_=OURS, body="hello")
    assert message.account_sid == account["sid"]
    by_parent = client.api.accounts(account["sid"])
    assert [it.sid for it in by_parent.messages.list()] == [message.sid]
    assert client.messages.list() == []

    renamed = by_parent.update(friendly_name="kiosk")
    assert renamed.friendly_name == "kiosk"
    assert {it.friendly_name for it in client.api.accounts.list()} == {"development", "kiosk"}
    assert client.api.accounts.list(friendly_name="kiosk")[0].sid == account["sid"]
    assert client.api.accounts.create(friendly_name="by the SDK").status == "active"

    # It is there again after a restart over the same data.
    assert dev.stop() == 0
    again = own_dev(data=dev.folder / "data", time_scale=200)
    child = client_of(again, token=token, project=account["sid"])
    assert [it.sid for it in child.messages.list()] == [message.sid]


def test_what_is_set_up_is_there_after_a_kill(own_dev, receiver, tmp_path):
    dev = Dev.start(tmp_path / "killed")
    client = client_of(dev)
    application = client.applications.create(
        friendly_name="hears", sms_status_callback=receiver.url("/messages")
    )
    number = client.incoming_phone_numbers.create(
        phone_number=own_number(), sms_application_sid=application.sid
    )
    gone = client.applications.create(friendly_name="gone")
    gone.delete()
    dev.kill()

    again = client_of(own_dev(data=dev.folder / "data", time_scale=200))
    assert [it.sid for it in again.applications.list()] == [application.sid]
    [kept] = again.incoming_phone_numbers.list()
    assert (kept.sid, kept.sms_application_sid) == (number.sid, application.sid)
    message = again.messages.create(
        to=THEIRS, from_=OURS, body="hello", application_sid=application.sid
    )
    receiver.wait(message.sid, ["queued", "sending", "sent", "delivered"])
