"""The registry of 10DLC with plain HTTP: from a brand to its numbers, and what is sent from them."""

import base64
import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from native.client import Native
from support.dev import Dev
from support.waiting import wait_for

TIMEOUT_S = 20
NUMBER = "+12125550123"
TEXT = "a text that is long enough for each of them"
FLAGS = ["direct_lending", "embedded_link", "embedded_phone", "age_gated_content"]


class Project:
    """Asks the registry, and the other APIs beside it."""

    def __init__(self, dev):
        self.dev = dev
        encoded = base64.b64encode(f"{dev.project}:{dev.token}".encode()).decode()
        self.headers = {"Authorization": f"Basic {encoded}"}

    def ask(self, method, path, value=None, form=None):
        """Status and JSON; none without a body."""
        headers, body = dict(self.headers), None
        if form is not None:
            body = urlencode(form).encode()
        elif value is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(value).encode()
        request = Request(self.dev.http + path, data=body, headers=headers, method=method)
        try:
            with urlopen(request, timeout=TIMEOUT_S) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def registry(self, method, path, value=None):
        return self.ask(method, "/api/relay/rest/registry/beta" + path, value)

    def made(self, path, value):
        status, found = self.registry("POST", path, value)
        assert status in (200, 201), found
        return found["id"]

    def take(self, number):
        path = f"/2010-04-01/Accounts/{self.dev.project}/IncomingPhoneNumbers"
        status, found = self.ask("POST", path, form={"PhoneNumber": number})
        assert status == 201, found

    def send(self, number):
        form = {"From": number, "To": "+15550100002", "Body": "hello"}
        return self.ask("POST", f"/2010-04-01/Accounts/{self.dev.project}/Messages", form=form)


def brand(reference="BXYZ123", url=None):
    new = {"csp_self_registered": True, "name": "Shop", "csp_brand_reference": reference}
    return new | ({"status_callback_url": url} if url else {})


def campaign(brand_id, url=None):
    texts = ["description", "sample1", "sample2", "message_flow", "opt_out_message", "help_message"]
    new = {"name": "Reminders", "brand_id": brand_id, "sms_use_case": "CUSTOMER_CARE"}
    new |= dict.fromkeys(texts, TEXT) | dict.fromkeys(FLAGS, False)
    new |= {"lead_generation": False, "number_pooling_required": False}
    return new | {"terms_and_conditions": True} | ({"status_callback_url": url} if url else {})


def word(answer):
    status, found = answer
    assert status == 422, found
    return [fault["code"] for fault in found["errors"]]


def test_from_a_brand_to_its_number_each_is_told_and_signed(dev, native, receiver):
    project, url = Project(dev), receiver.url("/10dlc")
    project.take(NUMBER)
    brand_id = project.made("/brands", brand(url=url))
    campaign_id = project.made(f"/brands/{brand_id}/campaigns", campaign(brand_id, url))
    new = {"phone_numbers": [NUMBER], "status_callback_url": url}
    assert project.send(NUMBER)[0] == 201, "it is in no campaign yet"
    order_id = project.made(f"/campaigns/{campaign_id}/orders", new)
    wait_for(lambda: len(receiver.arrivals) == 4, lambda: f"{receiver.arrivals}")
    told = {arrival.json["event_type"]: arrival for arrival in receiver.arrivals}
    assert set(told) == {
        "brand_activated",
        "campaign_activated",
        "number_assignment_order_processed",
        "number_assignment_activated",
    }
    last = told["number_assignment_activated"]
    assert last.json["phone_number"] == NUMBER
    assert last.json["number_assignment_order_id"] == order_id
    signature = hmac.new(dev.key.encode(), url.encode() + last.body, hashlib.sha1).hexdigest()
    assert last.headers["x-signalwire-signature"] == signature
    assert project.registry("GET", f"/orders/{order_id}")[1]["state"] == "processed"
    assert project.send(NUMBER)[0] == 201

    driven = {"sid": campaign_id, "state": "inactive"}
    assert native.post("/simulate/registry", driven)[0] == 200
    status, refused = project.send(NUMBER)
    assert (status, refused["code"]) == (422, 21717)
    text = {"from": NUMBER, "to": "+15550100002", "body": "hello"}
    assert word(project.ask("POST", "/api/messaging/messages", text)) == ["inactive_campaign"]
    another = {"phone_numbers": ["+12125550124"]}
    project.take(another["phone_numbers"][0])
    late = project.registry("POST", f"/campaigns/{campaign_id}/orders", another)
    assert word(late) == ["campaign_inactive"]


def test_of_many_who_order_one_number_at_once_one_gets_it_also_after_a_kill(tmp_path):
    killed = Dev.start(tmp_path / "dev")
    try:
        project = Project(killed)
        project.take(NUMBER)
        brand_id = project.made("/brands", brand())
        campaign_id = project.made(f"/brands/{brand_id}/campaigns", campaign(brand_id))
        path = f"/campaigns/{campaign_id}/orders"
        new = {"phone_numbers": [NUMBER]}
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: project.registry("POST", path, new), range(48)))
        refused = [answer for answer in answers if answer[0] != 200]
        assert len(refused) == 47
        assert all(word(answer) == ["already_assigned"] for answer in refused)
    finally:
        killed.kill()
    with Dev.start(tmp_path / "dev") as dev:
        project = Project(dev)
        assert word(project.registry("POST", path, new)) == ["already_assigned"]
        assert word(project.registry("POST", "/brands", brand())) == ["brand_not_unique"]
        native = Native(dev.http, dev.token)
        numbers = f"/campaigns/{campaign_id}/numbers"

        def assigned():
            return project.registry("GET", numbers + "?filter_state=completed")[1]["data"]

        wait_for(assigned, lambda: f"{project.registry('GET', numbers)}")
        assert project.registry("DELETE", f"/numbers/{assigned()[0]['id']}") == (204, None)
        assert project.registry("POST", path, new)[0] == 200
        assert native.post("/simulate/registry", {"sid": campaign_id, "state": "active"})[0] == 409
