"""Signatures over URLs as users write them.

A call is made for each, with every callback by POST and by GET. The SDK's own validator says
whether the signature fits: by Flask's `request.url` where Flask leaves the URL alone, by the
raw request target where it does not.
"""

import base64
import dataclasses

import pytest

from support import contract
from support.receiver import Receiver
from support.sdk import DOCUMENT, OURS, THEIRS, assert_verified, verified

# Flask's `request.url` is what was sent.
KEPT = {
    "no path": "http://127.0.0.1:{port}",
    "no path, a query": "http://127.0.0.1:{port}?tenant=7",
    "root": "http://127.0.0.1:{port}/",
    "upper-case scheme and host": "HTTP://LOCALHOST:{port}/Path/Here",
    "localhost": "http://localhost:{port}/status",
    "dot segments": "http://127.0.0.1:{port}/a/./b/../c",
    "userinfo": "http://user:secret@127.0.0.1:{port}/status",
    "fragment": "http://127.0.0.1:{port}/status?x=1#rt=2000&ot=1000",
    "an ordinary fragment": "http://127.0.0.1:{port}/status#chapter-2",
    "%20 in path and query": "http://127.0.0.1:{port}/my%20path?name=a%20b",
    "plus in path and query": "http://127.0.0.1:{port}/a+b?name=c+d",
    "%2B in the query": "http://127.0.0.1:{port}/status?to=%2B15550100002",
    "commas": "http://127.0.0.1:{port}/a,b?list=1,2,3",
    "colons": "http://127.0.0.1:{port}/a:b?at=12:30:00",
    "a key of ours": "http://127.0.0.1:{port}/status?To=me",
    "a key twice": "http://127.0.0.1:{port}/status?x=1&x=2",
    "no value": "http://127.0.0.1:{port}/status?flag&empty=",
    "other delimiters": "http://127.0.0.1:{port}/a;b=c@d!$'()*?q=/?@!$'()*;",
    "port after userinfo without password": "http://user@127.0.0.1:{port}/status",
}

# Flask decodes what was sent: the raw target is what was signed.
DECODED = {
    "needless escapes": "http://127.0.0.1:{port}/%41%7Eb?name=%41%7E",
    "lower-case escapes": "http://127.0.0.1:{port}/caf%c3%a9?name=%c3%a9",
    "escaped non-ASCII": "http://127.0.0.1:{port}/caf%C3%A9?name=%C3%A9",
    "non-ASCII": "http://127.0.0.1:{port}/café?name=日本",
    "escaped comma and colon": "http://127.0.0.1:{port}/a%2Cb%3Ac?at=12%3A30%2C31",
}


def callbacks_to(client, receiver, url, method):
    call = client.calls.create(
        to=THEIRS,
        from_=OURS,
        url=DOCUMENT,
        status_callback=url,
        status_callback_event=contract.CALL_EVENTS,
        status_callback_method=method,
    )
    return receiver.wait(call.sid, contract.ANSWERED_CALL)


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("url", KEPT.values(), ids=KEPT.keys())
def test_flasks_own_url_verifies(dev, client, receiver, url, method):
    for arrival in callbacks_to(client, receiver, url.format(port=receiver.port), method):
        assert_verified(dev.key, arrival)
        assert_verified(dev.key, arrival, arrival.raw_url)
        assert_tampering_fails(dev.key, arrival)


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("url", DECODED.values(), ids=DECODED.keys())
def test_the_raw_target_verifies_where_flask_decodes(dev, client, receiver, url, method):
    for arrival in callbacks_to(client, receiver, url.format(port=receiver.port), method):
        assert_verified(dev.key, arrival, arrival.raw_url)
        assert_tampering_fails(dev.key, arrival)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_ipv6_literal_verifies(dev, client, method):
    try:
        receiver = Receiver("::1")
    except OSError as error:
        pytest.skip(f"no IPv6 loopback here: {error}")
    with receiver:
        url = f"http://[::1]:{receiver.port}/status?a=1"
        for arrival in callbacks_to(client, receiver, url, method):
            assert arrival.headers["host"] == f"[::1]:{receiver.port}"
            assert_verified(dev.key, arrival)
            assert_tampering_fails(dev.key, arrival)


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("port", ["", ":80"], ids=["left out", "written"])
def test_the_default_port_is_not_signed(dev, client, method, port):
    host = "127.80.80.80"
    try:
        receiver = Receiver(host, 80)
    except (OSError, SystemExit) as error:
        pytest.skip(f"port 80 of {host} cannot be had here: {error}")
    with receiver:
        for arrival in callbacks_to(client, receiver, f"http://{host}{port}/status?a=1", method):
            assert arrival.headers["host"] == host
            assert_verified(dev.key, arrival, arrival.raw_url)
            assert_tampering_fails(dev.key, arrival)


def test_a_message_verifies_at_awkward_urls(dev, client, receiver):
    for url in [*KEPT.values(), *DECODED.values()]:
        message = client.messages.create(
            to=THEIRS,
            from_=OURS,
            body="a+b %41 é",
            status_callback=url.format(port=receiver.port),
        )
        for arrival in receiver.wait(message.sid, contract.DELIVERED_MESSAGE):
            assert_verified(dev.key, arrival, arrival.raw_url)
            assert_tampering_fails(dev.key, arrival)


def test_what_the_user_wrote_stands_in_the_request_line(client, receiver):
    url = "http://127.0.0.1:{port}/a/./b/../c%20d/%7e+,:;@?x=%2b+,:/?%41"
    target = "/a/./b/../c%20d/%7e+,:;@?x=%2b+,:/?%41"
    for arrival in callbacks_to(client, receiver, url.format(port=receiver.port), "POST"):
        assert arrival.target == target


def test_ours_follow_the_urls_own_query(client, receiver):
    url = receiver.url("/status?To=me&at=12:30")
    for arrival in callbacks_to(client, receiver, url, "GET"):
        assert arrival.target.startswith("/status?To=me&at=12:30&AccountSid=")
        # `:`, `,` and `/` of our own values stand as they are, a blank is a plus.
        assert f"&To=%2B{THEIRS[1:]}&" in arrival.target
        timestamp = arrival.params["Timestamp"]
        escaped = timestamp.replace("+", "%2B").replace(" ", "+")
        assert f"&Timestamp={escaped}" in arrival.target
        assert arrival.names.count("To") == 2


def test_userinfo_becomes_basic_credentials(client, receiver):
    url = f"http://us%40er:pa%3Ass@127.0.0.1:{receiver.port}/status"
    expected = "Basic " + base64.b64encode(b"us@er:pa:ss").decode()
    for arrival in callbacks_to(client, receiver, url, "POST"):
        assert arrival.headers["authorization"] == expected
        assert "@" not in arrival.headers["host"]


def test_userinfo_does_not_follow_a_redirect_to_another_origin(dev, client, receiver):
    with Receiver() as other:
        receiver.answer(lambda arrival: ("", 307, {"Location": other.url("/moved?x=1")}))
        url = f"http://user:secret@127.0.0.1:{receiver.port}/status"
        arrivals = callbacks_to(client, other, url, "POST")
        for arrival in arrivals:
            assert arrival.target == "/moved?x=1"
            assert "authorization" not in arrival.headers
            # Each hop is signed for its own URL.
            assert_verified(dev.key, arrival)
        for arrival in receiver.arrivals:
            assert "authorization" in arrival.headers
            assert_verified(dev.key, arrival)


def test_userinfo_follows_a_redirect_within_its_origin(dev, client, receiver):
    def move(arrival):
        return ("", 302, {"Location": "/moved"}) if arrival.target == "/status" else 200

    receiver.answer(move)
    url = f"http://user:secret@127.0.0.1:{receiver.port}/status"
    call = client.calls.create(to=THEIRS, from_=OURS, url=DOCUMENT, status_callback=url)
    first, second = receiver.wait(call.sid, ["completed", "completed"])
    assert (first.target, second.target) == ("/status", "/moved")
    assert first.headers["authorization"] == second.headers["authorization"]
    assert first.body == second.body
    assert_verified(dev.key, second)


def assert_tampering_fails(key, arrival):
    url = arrival.raw_url
    assert verified(key, arrival, url)
    assert not verified(key, arrival, url + "x")
    assert not verified(key, arrival, url.replace("http://", "https://"))
    assert not verified(key + "x", arrival, url)
    flipped = ("A" if arrival.signature[0] != "A" else "B") + arrival.signature[1:]
    headers = arrival.headers | {"x-signalwire-signature": flipped}
    forged = dataclasses.replace(arrival, headers=headers)
    assert not verified(key, forged, url)
    if arrival.method == "POST":
        changed = arrival.form | {"AccountSid": "someone-else"}
        assert not verified(key, dataclasses.replace(arrival, form=changed), url)
        added = arrival.form | {"Extra": "1"}
        assert not verified(key, dataclasses.replace(arrival, form=added), url)
    else:
        assert not verified(key, arrival, url.replace("AccountSid=", "AccountSid=x"))
