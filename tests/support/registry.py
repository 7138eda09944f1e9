"""The 10DLC registry of a running `ringback dev`, asked over plain HTTP, as its guides do.

The answer of each is what was made, as it was shown.
"""

import requests

BASE = "/api/relay/rest/registry/beta"

BRAND = {
    "name": "Acme",
    "company_name": "Acme Corp LLC",
    "contact_email": "ops@acme.example",
    "contact_phone": "+15550100009",
    "ein_issuing_country": "United States",
    "legal_entity_type": "PRIVATE_PROFIT",
    "ein": "12-3456789",
    "company_address": "1 Main St, Springfield",
    "company_website": "acme.example",
}
CAMPAIGN = {
    "name": "Reminders",
    "sms_use_case": "CUSTOMER_CARE",
    "description": "Reminders of appointments for clients who asked for them",
    "sample1": "Your visit is at 2pm. STOP to opt out",
    "sample2": "Your order is ready. STOP to opt out",
    "message_flow": "Clients opt in on a paper form at the front desk",
    "opt_out_message": "You will get no more messages from us",
    "help_message": "Call us at the front desk for help",
    "number_pooling_required": False,
    "direct_lending": False,
    "embedded_link": False,
    "embedded_phone": False,
    "age_gated_content": False,
    "lead_generation": False,
    "terms_and_conditions": True,
}


class Registry:
    """Asks as the project of `dev`; what is made tells of itself at `url`, if there is one."""

    def __init__(self, dev, url=None):
        self._dev = dev
        self._told = {"status_callback_url": url} if url else {}

    def brand(self, **more):
        return self.post("/brands", BRAND | self._told | more)

    def campaign(self, brand, **more):
        about = CAMPAIGN | {"brand_id": brand} | self._told
        return self.post(f"/brands/{brand}/campaigns", about | more)

    def order(self, campaign, *numbers):
        about = {"phone_numbers": list(numbers)} | self._told
        return self.post(f"/campaigns/{campaign}/orders", about)

    def assignments(self, campaign):
        """The assignments of a campaign, by their numbers."""
        found = self.get(f"/campaigns/{campaign}/numbers")["data"]
        return {each["phone_number"]["number"]: each for each in found}

    def remove(self, assignment):
        answer = self._ask("DELETE", f"{BASE}/numbers/{assignment}")
        assert answer.status_code == 204, answer.text

    def drive(self, sid, *states):
        """Drives something through these states by hand."""
        for state in states:
            asked = {"sid": sid, "state": state}
            answer = self._ask("POST", "/v1/simulate/registry", asked)
            assert answer.status_code == 200, answer.text
            assert answer.json()["state"] == state

    def get(self, path):
        answer = self._ask("GET", BASE + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path, body):
        answer = self._ask("POST", BASE + path, body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def _ask(self, method, path, body=None):
        who = (self._dev.project, self._dev.token)
        return requests.request(method, self._dev.http + path, json=body, auth=who, timeout=20)
