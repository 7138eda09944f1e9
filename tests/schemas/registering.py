"""Bodies of the 10DLC registry, as SignalWire's manual has them."""

MANAGED_BRAND = {
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
MANAGED_CAMPAIGN = {
    "name": "Reminders",
    "sms_use_case": "MIXED",
    "sub_use_cases": ["CUSTOMER_CARE", "MARKETING"],
    "description": "Reminders of appointments, for clients who have asked for them.",
    "sample1": "Your visit is at 2pm. STOP to opt out",
    "sample2": "Your order is ready. STOP to opt out",
    "message_flow": "Clients opt in on a paper form at the front desk of the practice.",
    "opt_out_message": "You hear no more from us. START to begin again",
    "help_message": "Call us at 555-010-0009, or write to ops@acme.example",
    "number_pooling_required": False,
    "direct_lending": False,
    "embedded_link": False,
    "embedded_phone": False,
    "age_gated_content": False,
    "lead_generation": False,
    "terms_and_conditions": True,
}


def csp_brand(reference):
    """A brand that its owner has registered."""
    return {"name": "Own", "csp_self_registered": True, "csp_brand_reference": reference}


def partner_campaign(reference):
    """A campaign that a partner has registered."""
    return {"name": "Own", "csp_campaign_reference": reference}
