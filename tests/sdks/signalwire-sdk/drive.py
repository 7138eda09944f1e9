"""Drives `ringback dev` with PyPI `signalwire-sdk` 3.x, as docs/sdks.md sets it up.

Its registry client, and what else of it there is a server for: the newer message API and the
update of a number.
"""

from urllib.parse import parse_qsl, urlsplit

from application import HOST, KEY, PROJECT, TOKEN, Application, ask, tell
from signalwire.core.security import (
    validate_webhook_signature,
    validate_webhook_signature_sha256,
)
from signalwire.rest import RestClient, SignalWireRestError

UNKNOWN = "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01"
OURS, OURS_TOO, THEIRS = "+15550100001", "+15550100009", "+15550100002"
# 127.0.0.1 and localhost it asks over http, every other name over https.
SECURED = HOST.replace("127.0.0.1", "LOCALHOST")

BRAND = {
    "name": "Acme",
    "company_name": "Acme Corp LLC",
    "contact_email": "ops@acme.example",
    "contact_phone": "+15550100009",
    "ein_issuing_country": "United States",
    "legal_entity_type": "PRIVATE_PROFIT",
    "ein": "12-3456789",
    "company_address": "1 Main St, Springfield",
    "company_vertical": "RETAIL",
    "company_website": "acme.example",
}
CAMPAIGN = {
    "name": "Reminders",
    "sms_use_case": "CUSTOMER_CARE",
    "description": "Reminders of appointments for clients who opted in.",
    "sample1": "Your visit is at 2pm. Reply STOP to opt out.",
    "sample2": "Your order is ready. Reply STOP to opt out.",
    "message_flow": "Clients opt in on a paper form at the front desk of the shop.",
    "opt_out_message": "You hear no more of us. Reply START to return.",
    "help_message": "Call the front desk for help, please.",
    "number_pooling_required": False,
    "direct_lending": False,
    "embedded_link": False,
    "embedded_phone": False,
    "age_gated_content": False,
    "lead_generation": False,
    "terms_and_conditions": True,
}


def main():
    client = RestClient(project=PROJECT, token=TOKEN, host=SECURED)
    stranger = RestClient(project=PROJECT, token="wrong", host=SECURED)
    application = Application(verified)
    brand = brands(client.registry, application)
    campaign = campaigns(client.registry, brand, application)
    orders(client, campaign, application)
    messages(client, application)
    errors(client.registry, stranger.registry)
    application.close()


def verified(callback):
    """By both signatures where there are two."""
    url, body, headers = callback["url"], callback["body"], callback["headers"]
    longer = headers.get("x-signalwire-sha256-signature")
    first = validate_webhook_signature(KEY, headers["x-signalwire-signature"], url, body)
    return first and (longer is None or validate_webhook_signature_sha256(KEY, longer, url, body))


def brands(registry, application):
    made = registry.brands.create(BRAND | {"status_callback_url": f"{application.url}/brand-1"})
    tell("brands.create", name=made["name"], state=made["state"])
    application.wait("/brand-1", state="completed")
    doubtful = BRAND | {"name": "Unverified", "status_callback_url": f"{application.url}/brand-2"}
    registry.brands.create(doubtful)
    application.wait("/brand-2", state="completed")
    reference = {"csp_self_registered": True, "name": "Reseller", "csp_brand_reference": "BABC123"}
    csp = registry.brands.create(reference | {"status_callback_url": f"{application.url}/brand-3"})
    application.wait("/brand-3", state="completed")
    tell("brands.create csp", name=csp["name"], reference=csp["csp_brand_reference"])
    tell("brands.get", state=registry.brands.get(made["id"])["state"])
    tell("brands.list", names=names(registry.brands.list()))
    tell("brands.list by name", names=names(registry.brands.list(filter_name="cme")))
    tell("brands.list by state", names=names(registry.brands.list(filter_state="unverified")))
    tell("brands.page", names=paged(registry.brands.list))
    return made["id"]


def campaigns(registry, brand, application):
    order = CAMPAIGN | {"brand_id": brand, "status_callback_url": f"{application.url}/campaign-1"}
    made = registry.brands.create_campaign(brand, order)
    tell("campaigns.create", name=made["name"], state=made["state"])
    application.wait("/campaign-1", state="active")
    partner = {"name": "Partner", "brand_id": brand, "csp_campaign_reference": "CABC123"}
    partner["status_callback_url"] = f"{application.url}/campaign-2"
    registry.brands.create_campaign(brand, partner)
    application.wait("/campaign-2", state="active")
    of_brand = registry.brands.list_campaigns
    tell("campaigns.get", state=registry.campaigns.get(made["id"])["state"])
    tell("campaigns.list", names=names(of_brand(brand)))
    tell("campaigns.list by name", names=names(of_brand(brand, filter_name="Remind")))
    tell("campaigns.list by state", names=names(of_brand(brand, filter_state="inactive")))
    tell("campaigns.page", names=paged(lambda **query: of_brand(brand, **query)))
    renamed = registry.campaigns.update(made["id"], name="Visits")
    tell("campaigns.update", name=renamed["name"])
    return made["id"]


def orders(client, campaign, application):
    numbers = f"/2010-04-01/Accounts/{PROJECT}/IncomingPhoneNumbers"
    taken = [ask("POST", numbers, {"PhoneNumber": number}) for number in (OURS, OURS_TOO)]
    changed = client.phone_numbers.update(taken[0]["sid"], name="front desk")
    tell("phone_numbers.update", name=changed["name"])

    of_campaign = client.registry.campaigns
    made = of_campaign.create_order(
        campaign,
        phone_numbers=[OURS, OURS_TOO],
        status_callback_url=f"{application.url}/order-1",
    )
    tell("orders.create", state=made["state"])
    application.wait("/order-1", state="processed")
    for number in (OURS, OURS_TOO):
        application.wait("/order-1", phone_number=number, state="completed")
    tell("orders.get", state=client.registry.orders.get(made["id"])["state"])
    listed = of_campaign.list_orders(campaign)["data"]
    tell("orders.list", same=[it["id"] for it in listed] == [made["id"]])
    failed = of_campaign.list_orders(campaign, filter_state="failed")["data"]
    tell("orders.list by state", count=len(failed))
    assigned = of_campaign.list_numbers(campaign)["data"]
    tell("numbers.list", numbers=sorted(it["phone_number"]["number"] for it in assigned))
    pending = of_campaign.list_numbers(campaign, filter_state="pending")["data"]
    tell("numbers.list by state", count=len(pending))
    client.registry.numbers.delete(assigned[0]["id"])
    tell("numbers.delete", left=len(of_campaign.list_numbers(campaign)["data"]))


def messages(client, application):
    made = client.messages.create(
        to=THEIRS, from_=OURS, body="hello", status_callback=f"{application.url}/message-1"
    )
    tell("messages.create", to=made["to"], body=made["body"])
    application.wait("/message-1", status="delivered")
    tell("messages.update", body=client.messages.update(made["id"], body="")["body"])


def errors(registry, strangers):
    for name, action in {
        "unknown": lambda: registry.brands.get(UNKNOWN),
        "refused": lambda: registry.brands.create(BRAND | {"name": ""}),
        "refused update": lambda: registry.campaigns.update(UNKNOWN, name="Visits"),
        "wrong token": lambda: strangers.brands.list(),
    }.items():
        try:
            action()
        except SignalWireRestError as error:
            named = error.request_id is not None
            tell(f"error {name}", status=error.status_code, body=error.body, named=named)
        else:
            tell(f"error {name}", status=None)


def names(answer):
    return [it["name"] for it in answer["data"]]


def paged(listed):
    """The names on all pages of one, by the links that lead from one to the next."""
    found, query = [], {"page_size": 1}
    while query:
        answer = listed(**query)
        found += names(answer)
        query = dict(parse_qsl(urlsplit(answer["links"].get("next", "")).query))
        assert len(found) < 10, found
    return found


main()
