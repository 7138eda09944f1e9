"""A call made with the real SDK: its callbacks, its records, its updates."""

import re
from urllib.parse import urlsplit

import pytest
from twilio.base.exceptions import TwilioRestException

from support import contract
from support.receiver import Receiver
from support.sdk import DOCUMENT, OURS, THEIRS, assert_verified, client_of, own_number
from support.waiting import wait_for


def make_call(client, receiver, **more):
    order = {
        "to": THEIRS,
        "from_": OURS,
        "url": DOCUMENT,
        "status_callback": receiver.url("/calls?tenant=7"),
        "status_callback_event": contract.CALL_EVENTS,
    }
    return client.calls.create(**(order | more))


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_every_callback_of_a_call_arrives_signed_and_in_order(dev, client, receiver, method):
    call = make_call(client, receiver, status_callback_method=method)
    assert re.fullmatch(contract.UUID, call.sid)
    assert call.status == "queued"

    arrivals = receiver.wait(call.sid, contract.ANSWERED_CALL)

    for number, arrival in enumerate(arrivals):
        assert arrival.method == method
        assert_verified(dev.key, arrival)
        ours = [name for name in arrival.names if name != "tenant"]
        assert ours == contract.in_order_of(contract.VOICE, contract.OF_STATUS[arrival.status])
        params = arrival.params
        assert params["AccountSid"] == dev.project
        assert params["ApiVersion"] == "2010-04-01"
        assert params["Direction"] == "outbound-api"
        assert (params["From"], params["To"]) == (OURS, THEIRS)
        assert params["CallbackSource"] == "call-progress-events"
        assert params["SequenceNumber"] == str(number)
        assert re.fullmatch(contract.RFC_2822, params["Timestamp"])
        assert urlsplit(arrival.target).path == "/calls"
        assert urlsplit(arrival.target).query.startswith("tenant=7")
        if method == "POST":
            assert arrival.headers["content-type"].startswith("application/x-www-form-urlencoded")
            assert arrival.target == "/calls?tenant=7"
        else:
            assert arrival.body == b""
            assert "content-type" not in arrival.headers


def test_the_figures_of_a_call_hang_together(own_dev, receiver):
    client = client_of(own_dev(time_scale=8))
    call = make_call(client, receiver)
    arrivals = receiver.wait(call.sid, contract.ANSWERED_CALL)
    first, ringing, answered, _, last = [arrival.params for arrival in arrivals]

    assert (ringing["SipResultCode"], ringing["SipInviteResultPhrase"]) == ("180", "Ringing")
    assert (answered["SipResultCode"], answered["SipInviteResultPhrase"]) == ("200", "OK")
    for early in (first, ringing, answered):
        assert {early[name] for name in contract.COUNTERS} == {"0"}
    assert 1.0 <= float(last["AudioInMos"]) <= 5.0
    for direction in ("In", "Out"):
        seconds = int(last[f"Audio{direction}MediaPacketCount"]) / 50
        assert abs(seconds - int(last["CallDuration"])) < 1, "50 packets a second"
    assert int(last["AudioInJitterMinVariance"]) < int(last["AudioInJitterMaxVariance"])
    assert last["HangupBy"] in (OURS, THEIRS)
    assert last["HangupDirection"] in ("inbound", "outbound")

    record = client.calls(call.sid).fetch()
    assert record.status == "completed"
    assert record.direction == "outbound"
    assert str(record.duration) == last["CallDuration"]
    assert record.start_time <= record.end_time
    assert (record.from_, record.to) == (OURS, THEIRS)


def test_two_calls_differ_in_every_quality_figure_that_can(client, receiver):
    sids = [make_call(client, receiver).sid for _ in range(2)]
    one, other = [receiver.wait(sid, contract.ANSWERED_CALL)[-1].params for sid in sids]
    figures = ["AudioInMos", *contract.COUNTERS]
    assert [one[name] for name in figures] != [other[name] for name in figures]


def test_only_the_end_is_told_unless_more_is_asked_for(client, receiver):
    call = make_call(client, receiver, status_callback_event=[])
    [only] = receiver.wait(call.sid, ["completed"])
    assert only.params["SequenceNumber"] == "0"


def test_an_event_not_subscribed_takes_no_number(client, receiver):
    call = make_call(client, receiver, status_callback_event=["ringing", "completed"])
    arrivals = receiver.wait(call.sid, ["ringing", "completed"])
    assert [arrival.params["SequenceNumber"] for arrival in arrivals] == ["0", "1"]


def test_events_in_one_value_with_blanks_between_are_as_good(client, receiver):
    call = make_call(client, receiver, status_callback_event=["initiated ringing"])
    receiver.wait(call.sid, ["initiated", "ringing"])


def test_an_inline_document_takes_the_place_of_a_url(client, receiver):
    call = client.calls.create(
        to=THEIRS,
        from_=OURS,
        twiml="<Response><Hangup/></Response>",
        status_callback=receiver.url(),
    )
    receiver.wait(call.sid, ["completed"])


def test_a_call_is_found_by_each_of_its_properties(client, receiver):
    to = own_number()
    call = make_call(client, receiver, to=to)
    receiver.wait(call.sid, contract.ANSWERED_CALL)
    day = client.calls(call.sid).fetch().start_time

    def found(**filters):
        return [each.sid for each in client.calls.list(to=to, **filters)]

    assert found() == [call.sid]
    assert found(from_=OURS) == [call.sid]
    assert found(from_=own_number()) == []
    assert found(status="completed") == [call.sid]
    assert found(status="busy") == []
    assert found(start_time=day.date()) == [call.sid]
    assert found(start_time_after=day.replace(year=day.year + 1)) == []
    assert found(end_time_before=day.replace(year=day.year + 1)) == [call.sid]


def test_pages_stay_right_while_rows_are_added(client, receiver):
    to = own_number()
    made = [make_call(client, receiver, to=to).sid for _ in range(7)]
    stream = client.calls.stream(to=to, page_size=2)
    seen = []
    for call in stream:
        seen.append(call.sid)
        make_call(client, receiver, to=to)
    assert seen == made[::-1], "newest first, none twice, none left out, none that came later"


def test_a_page_leads_to_the_next_and_back(client, receiver):
    to = own_number()
    made = [make_call(client, receiver, to=to).sid for _ in range(4)][::-1]
    first = client.calls.page(to=to, page_size=2)
    second = first.next_page()
    assert [call.sid for call in second] == made[2:]
    assert second.next_page() is None
    assert [call.sid for call in second.previous_page()] == made[:2]


def test_a_call_that_rings_is_canceled(own_dev, receiver):
    slow = own_dev(time_scale=1)
    client = client_of(slow)
    call = make_call(client, receiver)
    receiver.wait_until(call.sid, "ringing")
    client.calls(call.sid).update(status="canceled")
    arrivals = receiver.wait(call.sid, ["initiated", "ringing", "canceled"])
    last = arrivals[-1].params
    assert (last["SipResultCode"], last["CallDuration"]) == ("487", "0")
    assert client.calls(call.sid).fetch().status == "canceled"
    with pytest.raises(TwilioRestException) as refused:
        client.calls(call.sid).update(status="completed")
    assert (refused.value.status, refused.value.code) == (422, 10000)


def test_a_call_in_progress_is_hung_up(own_dev, receiver):
    slow = own_dev(time_scale=4)
    client = client_of(slow)
    call = make_call(client, receiver)
    receiver.wait_until(call.sid, "in-progress")
    assert client.calls(call.sid).fetch().status == "in-progress"

    with pytest.raises(TwilioRestException) as refused:
        client.calls(call.sid).update(status="canceled")
    assert (refused.value.status, refused.value.code) == (422, 10000)
    with pytest.raises(TwilioRestException) as refused:
        client.calls(call.sid).delete()
    assert (refused.value.status, refused.value.code) == (422, 20009)

    client.calls(call.sid).update(status="completed")
    arrivals = receiver.wait(call.sid, contract.ANSWERED_CALL)
    assert arrivals[-1].params["HangupBy"] == OURS
    assert client.calls(call.sid).delete() is True


def test_a_callback_url_given_later_holds_for_later_changes(own_dev, receiver):
    slow = own_dev(time_scale=2)
    client = client_of(slow)
    with Receiver() as later:
        call = make_call(client, receiver)
        receiver.wait_until(call.sid, "ringing")
        client.calls(call.sid).update(status_callback=later.url(), status_callback_method="GET")
        later.wait_until(call.sid, "in-progress")
        client.calls(call.sid).update(status="completed")
        arrivals = later.wait(call.sid, ["answered", "in-progress", "completed"])
        assert [arrival.params["SequenceNumber"] for arrival in arrivals] == ["2", "3", "4"]
        assert {arrival.method for arrival in arrivals} == {"GET"}
        assert [arrival.status for arrival in receiver.of(call.sid)] == ["initiated", "ringing"]


def test_a_deleted_call_is_gone(client, receiver):
    call = make_call(client, receiver)
    receiver.wait(call.sid, contract.ANSWERED_CALL)
    assert client.calls(call.sid).delete() is True
    with pytest.raises(TwilioRestException) as refused:
        client.calls(call.sid).fetch()
    assert (refused.value.status, refused.value.code) == (404, 20404)


@pytest.mark.parametrize("kind", ["calls", "messages"])
def test_the_answer_is_written_before_the_first_callback(own_dev, receiver, kind):
    """Even when the network takes no time at all, a receiver finds the SID."""
    dev = own_dev(time_scale=1_000_000)
    client = client_of(dev)
    found = []

    def look_up(arrival):
        # A client of its own: one is not made for several threads.
        found.append(getattr(client_of(dev), kind)(arrival.sid).fetch().sid)
        return 200

    receiver.answer(look_up)
    for _ in range(5):
        if kind == "calls":
            sid = make_call(client, receiver).sid
            receiver.wait(sid, contract.ANSWERED_CALL)
        else:
            order = {"to": THEIRS, "from_": OURS, "body": "hello"}
            sid = client.messages.create(**order, status_callback=receiver.url()).sid
            receiver.wait(sid, contract.DELIVERED_MESSAGE)
        wait_for(lambda sid=sid: found.count(sid) == len(receiver.of(sid)), "look-ups")
