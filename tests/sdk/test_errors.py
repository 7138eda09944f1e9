"""Mistakes: what the SDK raises, with the code and the status of the contract."""

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from support.sdk import DOCUMENT, OURS, THEIRS, client_of

UNKNOWN = "00000000-0000-4000-8000-00000000dead"
LOCAL = "http://127.0.0.1:9/status"


def refusal(action):
    with pytest.raises(TwilioRestException) as refused:
        action()
    return refused.value.status, refused.value.code


@pytest.mark.parametrize(
    ("wrong", "status", "code", "named"),
    [
        ({"to": ""}, 422, 21604, "To"),
        ({"to": "12345"}, 422, 21603, "To"),
        ({"from_": "not a number"}, 422, 21603, "From"),
        ({"from_": ""}, 422, 21705, "From"),
        ({"body": ""}, 422, 21602, "Body"),
        ({"body": "a" * 1601}, 422, 21617, "Body"),
        ({"media_url": ["https://app.example/a.png"] * 9}, 422, 21623, "MediaUrl"),
        ({"status_callback": "no url"}, None, 21609, "StatusCallback"),
        ({"status_callback": "ftp://app.example/"}, None, 21609, "StatusCallback"),
    ],
)
def test_a_message_with_a_mistake_is_refused(client, wrong, status, code, named):
    order = {"to": THEIRS, "from_": OURS, "body": "hello"} | wrong
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(**order)
    assert refused.value.code == code
    assert status in (None, refused.value.status)
    assert named in refused.value.msg


@pytest.mark.parametrize(
    ("wrong", "status", "code", "named"),
    [
        ({"to": ""}, 422, 21201, "To"),
        ({"to": "+1 555"}, 422, 21211, "To"),
        ({"from_": ""}, 422, 21213, "From"),
        ({"from_": "5"}, 422, 21212, "From"),
        ({"url": ""}, 400, 21205, "Url"),
        ({"timeout": 601}, 422, 21208, "Timeout"),
        ({"method": "PUT"}, 422, 21209, "Method"),
        ({"send_digits": "one"}, 422, 13222, "SendDigits"),
        ({"status_callback": "no url"}, 422, 21456, "StatusCallback"),
        ({"status_callback": LOCAL, "status_callback_event": ["over"]}, 422, 21626, "over"),
    ],
)
def test_a_call_with_a_mistake_is_refused(client, wrong, status, code, named):
    order = {"to": THEIRS, "from_": OURS, "url": DOCUMENT} | wrong
    with pytest.raises(TwilioRestException) as refused:
        client.calls.create(**order)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert named in refused.value.msg


def test_what_does_not_exist_is_not_found(client):
    for resource in (client.calls(UNKNOWN), client.messages(UNKNOWN), client.api.accounts(UNKNOWN)):
        assert refusal(resource.fetch) == (404, 20404)
    for resource in (client.calls(UNKNOWN), client.messages(UNKNOWN)):
        assert refusal(resource.delete) == (404, 20404)


def test_another_projects_resources_are_not_found(dev):
    stranger = client_of(dev)
    stranger.api.account_sid = UNKNOWN
    assert refusal(lambda: stranger.api.accounts(UNKNOWN).calls(UNKNOWN).fetch()) == (404, 20404)


def test_wrong_credentials_are_challenged(dev):
    assert refusal(lambda: client_of(dev, token="wrong").calls(UNKNOWN).fetch()) == (401, 20003)
    answer = requests.get(f"{dev.http}/2010-04-01/Accounts/{dev.project}.json", timeout=10)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert answer.json()["code"] == 20003


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("PageSize=0", 54454),
        ("PageSize=1001", 54454),
        ("Page=1", 54453),
        ("Page=1&PageToken=x", 21481),
    ],
)
def test_a_wrong_page_is_refused(dev, query, code):
    for kind in ("Calls", "Messages"):
        url = f"{dev.http}/2010-04-01/Accounts/{dev.project}/{kind}.json?{query}"
        answer = requests.get(url, auth=(dev.project, dev.token), timeout=10)
        assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("prefix", ["/2010-04-01", "/api/laml/2010-04-01"])
@pytest.mark.parametrize("suffix", ["", ".json"])
def test_both_prefixes_and_both_suffixes_lead_to_the_same(dev, prefix, suffix):
    base = f"{dev.http}{prefix}/Accounts/{dev.project}"
    session = requests.Session()
    session.auth = (dev.project, dev.token)
    form = {"To": THEIRS, "From": OURS, "Body": "hello"}
    made = session.post(f"{base}/Messages{suffix}", data=form, timeout=10)
    assert made.status_code == 201
    sid = made.json()["sid"]
    assert made.json()["uri"] == (
        f"/api/laml/2010-04-01/Accounts/{dev.project}/Messages/{sid}.json"
    )
    assert session.get(f"{base}/Messages/{sid}{suffix}", timeout=10).json()["sid"] == sid
    form = {"To": THEIRS, "From": OURS, "Url": DOCUMENT}
    assert session.post(f"{base}/Calls{suffix}", data=form, timeout=10).status_code == 200
    assert session.get(f"{base}/Calls{suffix}", timeout=10).json()["calls"]
    assert session.get(f"{base}{suffix}", timeout=10).json()["sid"] == dev.project


def test_every_mistake_of_http_is_answered_in_json(dev):
    base = f"{dev.http}/2010-04-01/Accounts/{dev.project}"
    session = requests.Session()
    session.auth = (dev.project, dev.token)
    big = "Body=" + "a" * (1 << 20)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = [
        (404, session.get(f"{dev.http}/nowhere", timeout=10)),
        (405, session.put(f"{base}/Messages.json", timeout=10)),
        (413, session.post(f"{base}/Messages.json", data=big, headers=form, timeout=10)),
        (415, session.post(f"{base}/Messages.json", json={"To": THEIRS}, timeout=10)),
        (403, session.get(f"{base}.json", headers={"Sec-Fetch-Site": "cross-site"}, timeout=10)),
        (403, session.get(f"{base}.json", headers={"Origin": "https://evil.example"}, timeout=10)),
    ]
    for expected, answer in answers:
        assert answer.status_code == expected, answer.text
        assert answer.headers["Content-Type"].startswith("application/json")
        body = answer.json()
        assert body["status"] == expected
        assert isinstance(body["code"], int)
        assert body["message"]


def test_a_foreign_host_name_is_refused(dev):
    answer = requests.get(f"{dev.http}/2010-04-01/", headers={"Host": "evil.example"}, timeout=10)
    assert 400 <= answer.status_code < 500
    assert answer.json()["message"]
