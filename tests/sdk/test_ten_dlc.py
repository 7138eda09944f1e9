"""10DLC from the registry's REST API to the callbacks, at plain sockets and at Flask."""

import hashlib
import hmac
import json
import re
import subprocess
import time

import pytest
from signalwire.request_validator import RequestValidator

from support.dev import Dev, binary
from support.registry import Registry
from support.sdk import client_of
from support.waiting import wait_for
from support.wire import Sockets, longer_signature, signature

# Driven by hand alone.
REAL = "--set=simulation.pace=real"
RETRIED = "+12125550190"
HOPELESS = "+12125550191"
IDS = {
    "brand": ["brand_id"],
    "campaign": ["brand_id", "campaign_id"],
    "number_assignment_order": ["brand_id", "campaign_id", "number_assignment_order_id"],
}
IDS["number_assignment"] = IDS["number_assignment_order"] + [
    "number_assignment_id",
    "phone_number_id",
    "phone_number",
]
COMMON = ["project_id", "event_at", "event_category", "event_type", "state"]


def take(dev, number):
    """Takes a number; its SID."""
    return client_of(dev).incoming_phone_numbers.create(phone_number=number).sid


def told(sockets, sid):
    """The events that one resource had told, in the order in which they came."""
    own = lambda body: body[f"{body['event_category']}_id"]  # noqa: E731
    bodies = [json.loads(request.body) for request in sockets.at("/told")]
    return [body["event_type"] for body in bodies if own(body) == sid]


def everything(dev, sockets):
    """Registers what meets every event there is; the events that are to come of each."""
    numbers = {number: take(dev, number) for number in [RETRIED, HOPELESS]}
    registry = Registry(dev, sockets.url("/told"))
    brand = registry.brand(name="Unverified Ltd")["id"]
    # Numbers are given up in a campaign that is deactivated, so that one has none.
    deactivated = registry.campaign(brand, name="To deactivate")["id"]
    campaign = registry.campaign(brand)["id"]
    order = registry.order(campaign, *numbers)["id"]
    assigned = registry.assignments(campaign)
    failed = "number_assignment_failed"
    retried = [failed, "number_assignment_pending", "number_assignment_activated"]
    ids = {
        "brand_id": {brand},
        "campaign_id": {campaign, deactivated},
        "number_assignment_order_id": {order},
    }
    return ids, numbers, {
        brand: ["brand_unverified", "brand_activated"],
        deactivated: ["campaign_activated", "campaign_deactivated"],
        campaign: ["campaign_activated"],
        order: ["number_assignment_order_processed"],
        assigned[RETRIED]["id"]: retried,
        assigned[HOPELESS]["id"]: [failed],
    }


def test_every_event_comes_in_order_with_its_ids_as_signed_json(own_dev):
    dev = own_dev(time_scale=100)
    with Sockets() as sockets:
        ids, numbers, expected = everything(dev, sockets)
        arrived = sockets.wait("/told", sum(map(len, expected.values())))
        for sid, events in expected.items():
            assert told(sockets, sid) == events
    for request in arrived:
        assert (request.method, request.header("content-type")) == ("POST", "application/json")
        pairs = request.pairs
        body = dict(pairs)
        assert [name for name, _ in pairs] == COMMON + IDS[body["event_category"]]
        assert all(isinstance(value, str) for _, value in pairs)
        assert body["project_id"] == dev.project
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["event_at"])
        assert all(body[name] in known for name, known in ids.items() if name in body)
        if number := body.get("phone_number"):
            assert body["phone_number_id"] == numbers[number]
        is_signed(dev.key, request)


def is_signed(key, request):
    """By hand, by the SDK, and not if a letter is another one."""
    text = request.body.decode()
    assert request.header("x-signalwire-signature") == signature(key, request)
    assert re.fullmatch("[0-9a-f]{40}", request.header("x-signalwire-signature"))
    assert request.header("x-signalwire-sha256-signature") == longer_signature(key, request)
    validator = RequestValidator(key)
    given = request.header("x-signalwire-signature")
    assert validator.validate(request.url, text, given)
    for url, body in [(request.url, text + " "), (request.url + "x", text)]:
        assert validator.build_signature(url, body) != given
        signed = (url + body).encode()
        assert hmac.new(key.encode(), signed, hashlib.sha1).hexdigest() != given


def test_a_form_is_told_and_signed_as_one(own_dev):
    dev = own_dev("--set=ten_dlc_body=form", time_scale=200)
    with Sockets() as sockets:
        Registry(dev, sockets.url("/told")).brand()
        [request] = sockets.wait("/told", 1)
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    assert request.header("content-type") == kind
    form = dict(request.pairs)
    assert list(form) == COMMON + IDS["brand"]
    assert form["event_type"] == "brand_activated"
    given = request.header("x-signalwire-signature")
    assert given == signature(dev.key, request)
    assert RequestValidator(dev.key).validate(request.url, form, given)
    tampered = form | {"state": "unverified"}
    assert not RequestValidator(dev.key).validate(request.url, tampered, given)


def test_nothing_is_told_of_what_has_no_event(own_dev):
    dev = own_dev(REAL, time_scale=1)
    number = "+12125550123"
    take(dev, number)
    with Sockets() as sockets:
        registry = Registry(dev, sockets.url("/told"))
        brand = registry.brand()["id"]
        campaign = registry.campaign(brand)["id"]
        order = registry.order(campaign, number)["id"]
        assignment = registry.assignments(campaign)[number]["id"]
        registry.drive(order, "processing", "failed")
        registry.drive(assignment, "failed")
        registry.remove(assignment)
        registry.drive(brand, "completed")
        sockets.wait("/told", 2)
        assert told(sockets, order) == []
        assert told(sockets, assignment) == ["number_assignment_failed"]
        assert told(sockets, brand) == ["brand_activated"]
        assert len(sockets.at("/told")) == 2


def test_the_command_drives_each_kind(own_dev):
    dev = own_dev(REAL, time_scale=1)
    number = "+12125550123"
    take(dev, number)
    with Sockets() as sockets:
        registry = Registry(dev, sockets.url("/told"))
        brand = registry.brand()["id"]
        campaign = registry.campaign(brand)["id"]
        order = registry.order(campaign, number)["id"]
        assignment = registry.assignments(campaign)[number]["id"]
        for kind, sid, state in [
            ("brand", brand, "unverified"),
            ("brand", brand, "completed"),
            ("campaign", campaign, "active"),
            ("order", order, "processed"),
            ("assignment", assignment, "failed"),
            ("assignment", assignment, "pending"),
            ("assignment", assignment, "completed"),
            ("campaign", campaign, "inactive"),
        ]:
            ready = f"--ready-file={dev.folder / 'ready.json'}"
            command = [str(binary()), "simulate", kind, sid, state, ready]
            done = subprocess.run(command, capture_output=True, text=True, timeout=30)
            assert (done.returncode, done.stdout, done.stderr) == (0, f"{state}\n", "")
        sockets.wait("/told", 8)


@pytest.mark.parametrize("killed_after_s", [0, 0.15, 0.3, 0.5])
def test_a_kill_loses_nothing(tmp_path, killed_after_s):
    """All of it takes about half a second; what is under way when it is killed goes on."""
    with Sockets() as sockets:
        dev = Dev.start(tmp_path, time_scale=100)
        try:
            _, _, expected = everything(dev, sockets)
            time.sleep(killed_after_s)
        finally:
            dev.kill()
        with Dev.start(tmp_path, time_scale=100):

            def so_far():
                return {sid: told_once(sockets, sid) for sid in expected}

            wait_for(lambda: so_far() == expected, lambda: f"{expected}; so far {so_far()}")


def told_once(sockets, sid):
    """The events of a resource without what was sent again after the kill."""
    events = told(sockets, sid)
    return [event for number, event in enumerate(events) if event not in events[:number]]
