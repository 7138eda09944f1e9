"""A message made with the real SDK: its callbacks, its records, redaction and deletion."""

import re

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from support import contract
from support.sdk import OURS, THEIRS, assert_verified, client_of, own_number
from support.waiting import wait_for

AWKWARD = "100% & more + # = ; ' \" < > : / ? @ ~ Grüße, ωραία, 你好 🎉\nsecond line"


def send(client, receiver, **more):
    order = {"to": THEIRS, "from_": OURS, "body": "hello", "status_callback": receiver.url()}
    return client.messages.create(**(order | more))


def test_every_callback_of_a_message_arrives_signed_and_in_order(dev, client, receiver):
    message = send(client, receiver, body=AWKWARD)
    assert re.fullmatch(contract.UUID, message.sid)
    assert message.status == "queued"

    for arrival in receiver.wait(message.sid, contract.DELIVERED_MESSAGE):
        assert arrival.method == "POST"
        assert_verified(dev.key, arrival)
        expected = [name for name in contract.MESSAGE if name != "ErrorCode"]
        assert arrival.names == expected
        params = arrival.params
        assert params["MessageSid"] == message.sid
        assert params["AccountSid"] == dev.project
        assert (params["From"], params["To"]) == (OURS, THEIRS)
        assert params["Body"] == AWKWARD
        assert arrival.form["Body"] == AWKWARD
        assert (params["NumMedia"], params["NumSegments"]) == ("0", "1")

    record = client.messages(message.sid).fetch()
    assert record.status == "delivered"
    assert record.direction == "outbound-api"
    assert record.body == AWKWARD
    assert record.error_code is None
    assert record.date_sent >= record.date_created


def test_media_is_kept_and_told(dev, client, receiver):
    media = ["https://app.example/one.png", "https://app.example/two.jpg?size=1"]
    message = send(client, receiver, media_url=media)
    # There are no receipts for MMS: `sent` is the last status.
    for arrival in receiver.wait(message.sid, ["queued", "sending", "sent"]):
        assert_verified(dev.key, arrival)
        params = arrival.params
        assert params["NumMedia"] == "2"
        assert [params["MediaUrl0"], params["MediaUrl1"]] == media
        types = [params["MediaContentType0"], params["MediaContentType1"]]
        assert types == ["image/png", "image/jpeg"]
    assert str(client.messages(message.sid).fetch().num_media) == "2"


def test_media_is_listed_retrieved_and_deleted(client, receiver):
    media = ["https://app.example/one.png", "https://app.example/two.pdf"]
    message = send(client, receiver, body="", media_url=media)
    receiver.wait(message.sid, ["queued", "sending", "sent"])
    listed = client.messages(message.sid).media.list()
    assert [each.content_type for each in listed] == ["image/png", "application/pdf"]
    assert {each.parent_sid for each in listed} == {message.sid}
    first, second = listed
    fetched = client.messages(message.sid).media(second.sid).fetch()
    assert (fetched.sid, fetched.date_created) == (second.sid, message.date_created)
    assert client.messages(message.sid).media(first.sid).delete()
    assert [each.sid for each in client.messages(message.sid).media.list()] == [second.sid]
    with pytest.raises(TwilioRestException) as refused:
        client.messages(message.sid).media(first.sid).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)
    assert str(client.messages(message.sid).fetch().num_media) == "1"


def test_a_text_can_go_as_mms(dev, client, receiver):
    # The SDK does not know the parameter.
    answer = requests.post(
        f"{dev.http}/2010-04-01/Accounts/{dev.project}/Messages.json",
        auth=(dev.project, dev.token),
        data={
            "To": THEIRS,
            "From": OURS,
            "Body": "hello",
            "SendAsMms": "true",
            "StatusCallback": receiver.url(),
        },
        timeout=10,
    )
    sid = answer.json()["sid"]
    # There are no receipts for MMS.
    *_, last = receiver.wait(sid, ["queued", "sending", "sent"])
    assert last.params["NumMedia"] == "0"
    assert client.messages(sid).media.list() == []


@pytest.mark.parametrize(
    ("body", "segments"),
    [("a" * 160, 1), ("a" * 161, 2), ("ш" * 70, 1), ("ш" * 71, 2)],
)
def test_segments_go_by_the_alphabet(client, receiver, body, segments):
    message = send(client, receiver, body=body)
    assert str(message.num_segments) == str(segments)
    [first, *_] = receiver.wait_until(message.sid, "queued")
    assert first.params["NumSegments"] == str(segments)


def test_a_message_is_found_by_each_of_its_properties(client, receiver):
    to = own_number()
    message = send(client, receiver, to=to)
    receiver.wait(message.sid, contract.DELIVERED_MESSAGE)
    sent = client.messages(message.sid).fetch().date_sent

    def found(**filters):
        return [each.sid for each in client.messages.list(to=to, **filters)]

    assert found() == [message.sid]
    assert found(from_=OURS) == [message.sid]
    assert found(from_=own_number()) == []
    assert found(date_sent=sent.date()) == [message.sid]
    assert found(date_sent_before=sent.replace(year=sent.year - 1)) == []
    assert found(date_sent_after=sent.replace(year=sent.year - 1)) == [message.sid]


def test_pages_stay_right_while_rows_are_added(client, receiver):
    to = own_number()
    made = [send(client, receiver, to=to).sid for _ in range(7)]
    seen = []
    for message in client.messages.stream(to=to, page_size=3):
        seen.append(message.sid)
        send(client, receiver, to=to)
    assert seen == made[::-1], "newest first, none twice, none left out, none that came later"


def test_a_limit_ends_a_list(client, receiver):
    to = own_number()
    made = [send(client, receiver, to=to).sid for _ in range(4)]
    assert [each.sid for each in client.messages.list(to=to, limit=3)] == made[:0:-1]


def test_a_redacted_message_says_nothing(client, receiver):
    message = send(client, receiver, body="my secret", media_url=["https://app.example/a.png"])
    receiver.wait_until(message.sid, "sent")
    redacted = client.messages(message.sid).update(body="")
    assert redacted.body == ""
    record = client.messages(message.sid).fetch()
    assert record.body == ""
    assert record.status == "sent"
    with pytest.raises(TwilioRestException) as refused:
        client.messages(message.sid).update(body="other")
    assert (refused.value.status, refused.value.code) == (422, 50509)


def test_redaction_waits_until_a_message_was_sent(own_dev, receiver):
    client = client_of(own_dev(time_scale=0.01))
    message = send(client, receiver)
    with pytest.raises(TwilioRestException) as refused:
        client.messages(message.sid).update(body="")
    assert (refused.value.status, refused.value.code) == (422, 10000)
    with pytest.raises(TwilioRestException) as refused:
        client.messages(message.sid).delete()
    assert (refused.value.status, refused.value.code) == (422, 20009)
    with_media = send(client, receiver, media_url=["https://app.example/a.png"])
    [media] = client.messages(with_media.sid).media.list()
    with pytest.raises(TwilioRestException) as refused:
        media.delete()
    assert (refused.value.status, refused.value.code) == (422, 20009)


@pytest.fixture
def while_held(client, receiver):
    """Sends a message and acts on it while its last callback waits behind the one before."""

    def act(action):
        def answer(arrival):
            if arrival.status == "sent":
                message = client.messages(arrival.sid)
                wait_for(lambda: message.fetch().status == "delivered", "delivered")
                action(message)
            return 200

        receiver.answer(answer)
        message = send(client, receiver, body="my secret")
        return receiver.wait(message.sid, contract.DELIVERED_MESSAGE)

    return act


def test_what_is_pending_of_a_redacted_message_goes_out_without_its_words(dev, while_held):
    *_, before, last = while_held(lambda message: message.update(body=""))
    assert (before.params["Body"], last.params["Body"]) == ("my secret", "")
    assert_verified(dev.key, last)


def test_what_is_pending_of_a_deleted_message_goes_out_without_its_words(dev, client, while_held):
    *_, last = while_held(lambda message: message.delete())
    assert last.params["Body"] == ""
    assert_verified(dev.key, last)
    with pytest.raises(TwilioRestException) as refused:
        client.messages(last.sid).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)


def test_a_limit_of_price_or_time_fails_a_message(client, receiver):
    message = send(client, receiver, max_price="0.001")
    *_, last = receiver.wait(message.sid, ["queued", "failed"])
    assert last.params["ErrorCode"] == "30010"
    assert last.names == contract.MESSAGE
    record = client.messages(message.sid).fetch()
    assert (record.status, record.error_code) == ("failed", 30010)


def test_a_message_that_may_not_wait_long_fails_or_is_delivered(client, receiver):
    """The carrier takes half a second to two, which one of these is too slow for."""
    made = [send(client, receiver, validity_period=1).sid for _ in range(30)]

    def ends():
        records = [client.messages(sid).fetch() for sid in made]
        if all(record.status in ("failed", "delivered") for record in records):
            return records
        return None

    records = wait_for(ends, "every one to end")
    failed = [record for record in records if record.status == "failed"]
    assert failed and len(failed) < len(made)
    assert {record.error_code for record in failed} == {30001}
    *_, last = receiver.wait(failed[0].sid, ["queued", "failed"])
    assert last.params["ErrorCode"] == "30001"


def test_a_number_group_sends_from_a_number_of_the_project_and_is_shown(client, receiver):
    number = client.incoming_phone_numbers.create(phone_number=own_number())
    group = "3c1f0a22-0000-4000-8000-00000000ca01"
    # The group goes before `From`.
    message = send(client, receiver, messaging_service_sid=group)
    for arrival in receiver.wait(message.sid, contract.DELIVERED_MESSAGE):
        assert arrival.params["From"] == message.from_
    record = client.messages(message.sid).fetch()
    assert record.messaging_service_sid == group
    ours = [each.phone_number for each in client.incoming_phone_numbers.list()]
    assert number.phone_number in ours and record.from_ in ours
    again = send(client, receiver, messaging_service_sid=group)
    assert again.from_ == message.from_, "who is written to sees one sender"


def test_a_message_without_a_callback_lives_all_the_same(client, receiver):
    message = client.messages.create(to=own_number(), from_=OURS, body="quiet")
    wait_for(lambda: client.messages(message.sid).fetch().status == "delivered", "delivered")
    assert receiver.arrivals == []


def test_the_account_is_there(dev, client):
    account = client.api.accounts(dev.project).fetch()
    assert account.sid == dev.project
    assert account.status == "active"
    assert account.auth_token == "redacted"
