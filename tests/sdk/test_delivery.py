"""Delivery: what a receiver that fails, hangs up or refuses gets to see."""

import threading
import time

from support import contract
from support.receiver import Receiver
from support.sdk import DOCUMENT, OURS, THEIRS, assert_verified, client_of, own_number
from support.waiting import wait_for


def send(client, receiver, path="/status", to=THEIRS):
    return client.messages.create(
        to=to, from_=OURS, body="hello", status_callback=receiver.url(path)
    )


def firsts(arrivals):
    """The statuses in the order in which each arrived for the first time."""
    return list(dict.fromkeys(arrival.status for arrival in arrivals))


def test_a_callback_that_fails_holds_those_behind_it(client, receiver):
    seen = set()

    def fail_once(arrival):
        first = arrival.token not in seen
        seen.add(arrival.token)
        return 500 if first else 200

    receiver.answer(fail_once)
    message = send(client, receiver)
    twice = [status for status in contract.DELIVERED_MESSAGE for _ in range(2)]
    receiver.wait(message.sid, twice)


def test_a_callback_that_is_refused_is_set_aside(dev, client, receiver):
    receiver.answer(lambda arrival: 404 if arrival.status == "sending" else 200)
    message = send(client, receiver)
    arrivals = receiver.wait_until(message.sid, "delivered")
    assert firsts(arrivals) == contract.DELIVERED_MESSAGE
    for arrival in arrivals:
        assert_verified(dev.key, arrival)


def test_one_resource_that_fails_does_not_hold_another(client, receiver):
    bad = own_number()
    receiver.answer(lambda arrival: 500 if arrival.params["To"] == bad else 200)
    failing = send(client, receiver, to=bad)
    receiver.wait_until(failing.sid, "queued")
    message = send(client, receiver)
    receiver.wait(message.sid, contract.DELIVERED_MESSAGE)
    assert {arrival.status for arrival in receiver.of(failing.sid)} == {"queued"}


def test_one_attempt_is_in_flight_for_a_resource_and_many_for_several(client, receiver):
    lock = threading.Lock()
    current, most_of_one, most = {}, [], []

    def slow(arrival):
        with lock:
            current[arrival.sid] = current.get(arrival.sid, 0) + 1
            most_of_one.append(current[arrival.sid])
            most.append(sum(current.values()))
        time.sleep(0.1)
        with lock:
            current[arrival.sid] -= 1
        return 200

    receiver.answer(slow)
    sids = [send(client, receiver).sid for _ in range(8)]
    for sid in sids:
        receiver.wait(sid, contract.DELIVERED_MESSAGE)
    assert max(most_of_one) == 1
    assert max(most) > 1


def test_any_2xx_is_enough_whatever_the_body(client, receiver):
    answers = iter([("", 204), ("<Response/>", 200), ("x" * 100_000, 202), ("", 299)])
    receiver.answer(lambda arrival: next(answers))
    message = send(client, receiver)
    receiver.wait(message.sid, contract.DELIVERED_MESSAGE)


def test_a_receiver_that_starts_late_gets_everything_in_order(client):
    """Nothing listens at first: connections are refused."""
    with Receiver() as gone:
        port = gone.port
    url = f"http://127.0.0.1:{port}/status"
    message = client.messages.create(to=THEIRS, from_=OURS, body="hello", status_callback=url)
    wait_for(lambda: client.messages(message.sid).fetch().status == "delivered", "delivered")
    with Receiver(port=port) as late:
        late.wait(message.sid, contract.DELIVERED_MESSAGE, within_s=30)


def test_a_redirect_is_followed_with_method_and_body(dev, client, receiver):
    hops = {"/status": ("/one", 301), "/one": ("/two", 308), "/two": ("/three", 307)}

    def move(arrival):
        if arrival.target not in hops:
            return 200
        to, status = hops[arrival.target]
        return "", status, {"Location": to}

    receiver.answer(move)
    call = client.calls.create(
        to=THEIRS, from_=OURS, url=DOCUMENT, status_callback=receiver.url("/status")
    )
    arrivals = receiver.wait(call.sid, ["completed"] * 4)
    assert [arrival.target for arrival in arrivals] == ["/status", "/one", "/two", "/three"]
    assert len({arrival.body for arrival in arrivals}) == 1
    assert len({arrival.token for arrival in arrivals}) == 1
    for arrival in arrivals:
        assert_verified(dev.key, arrival)


def test_what_was_not_delivered_survives_a_stop(own_dev, receiver):
    """SIGTERM while the receiver is down; the next process on that folder delivers."""
    receiver.answer(lambda arrival: 503)
    first = own_dev()
    client = client_of(first)
    message = send(client, receiver)
    receiver.wait_until(message.sid, "queued")
    wait_for(lambda: client.messages(message.sid).fetch().status == "delivered", "delivered")
    assert first.stop() == 0

    receiver.answer(lambda arrival: 200)
    second = own_dev(data=first.folder / "data")
    arrivals = receiver.wait_until(message.sid, "delivered", within_s=60)
    assert firsts(arrivals) == contract.DELIVERED_MESSAGE
    assert client_of(second).messages(message.sid).fetch().status == "delivered"


def test_the_tries_of_profile_signalwire_are_three(own_dev, receiver):
    """After the third the callback is given up, and those behind it go on."""
    receiver.answer(lambda arrival: 500 if arrival.status == "queued" else 200)
    dev = own_dev("--profile=signalwire")
    dev.expected.append("failed; it is kept")
    client = client_of(dev)
    message = send(client, receiver)
    arrivals = receiver.wait_until(message.sid, "delivered", within_s=30)
    assert [arrival.status for arrival in arrivals] == ["queued"] * 3 + [
        "sending",
        "sent",
        "delivered",
    ]


def test_strict_ordering_never_lets_one_pass(own_dev, receiver):
    receiver.answer(lambda arrival: 404 if arrival.status == "sending" else 200)
    client = client_of(own_dev("--set=ordering=strict"))
    message = send(client, receiver)
    tries = wait_for(
        lambda: [a for a in receiver.of(message.sid) if a.status == "sending"][2:],
        "three tries",
    )
    assert tries
    assert firsts(receiver.of(message.sid)) == ["queued", "sending"]
