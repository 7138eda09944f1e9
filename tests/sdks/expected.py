"""What each operation gives, by whichever SDK; how many callbacks come to each path; and what is
driven of what the SDKs have below each resource.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """What has to come of one driver."""

    # By its name, in order: what the SDK gives.
    operations: dict
    # By the path that they come to: how many.
    callbacks: dict
    # The files that have a table of routes, and what they begin and end with.
    routes: tuple
    # Of these tables: what the SDK does not have.
    missing: frozenset = frozenset()


OPERATIONS = {
    "accounts.list": {"names": ["development"]},
    "accounts.create": {"name": "shop", "status": "active"},
    "accounts.list by name": {"names": ["shop"]},
    "accounts.page": {"names": ["shop", "development"]},
    "accounts.fetch": {"same": True},
    "accounts.update": {"name": "kiosk"},
    "available.list": {"countries": ["US"]},
    "available.fetch": {"country": "United States"},
    "available.local": {"numbers": ["+12065550100", "+12065550101"]},
    "available.toll_free": {"numbers": ["+18005550100"]},
    "numbers.create": {
        "number": "+15550100001",
        "name": "front desk",
        "url": "https://app.example/voice",
    },
    "numbers.list": {"numbers": ["+15550100009", "+15550100001"]},
    "numbers.list by number": {"names": ["front desk"]},
    "numbers.list by name": {"numbers": ["+15550100001"]},
    "numbers.page": {"numbers": ["+15550100009", "+15550100001"]},
    "numbers.fetch": {"method": "GET"},
    "numbers.update": {"sms": "https://app.example/sms", "voice": None},
    "numbers.delete": {"deleted": [True, True]},
    "numbers.list after": {"numbers": []},
    "applications.create": {"name": "orders", "callback": "https://app.example/sms"},
    "applications.list": {"names": ["spare", "orders"]},
    "applications.list by name": {"count": 1},
    "applications.page": {"names": ["spare", "orders"]},
    "applications.fetch": {"name": "orders"},
    "applications.update": {"voice": "https://app.example/voice", "name": "orders"},
    "applications.delete": {"deleted": True},
    "messages.create": {"to": "+15550100002", "body": "hello", "direction": "outbound-api"},
    "messages.fetch": {"status": "delivered"},
    "messages.fetch failed": {"status": "undelivered", "code": 30003},
    "messages.list": {"bodies": ["hello?", "hello"]},
    "messages.list by to": {"bodies": ["hello"]},
    "messages.list by from": {"count": 2},
    "messages.list by date": {"after": 2, "before": 0, "on": 0},
    "messages.page": {"bodies": ["hello?", "hello"]},
    "messages.stream": {"bodies": ["hello?", "hello"]},
    "messages.update": {"body": ""},
    "messages.delete": {"deleted": True},
    "messages.create with media": {"media": 2},
    "media.list": {"types": ["image/png", "image/png"]},
    "media.list by date": {"after": 2, "before": 0},
    "media.page": {"same": True},
    "media.fetch": {"of": True},
    "media.delete": {"deleted": True, "left": 1},
    "calls.create": {"to": "+15550100002", "status": "queued"},
    "calls.fetch": {"status": "in-progress"},
    "calls.update url": {"status": "in-progress"},
    "calls.update completed": {"status": "completed"},
    "calls.update canceled": {"status": "canceled"},
    "calls.list": {"statuses": ["canceled", "completed", "completed"]},
    "calls.list by status": {"count": 2},
    "calls.list by to": {"statuses": ["canceled"]},
    "calls.list by from": {"count": 1},
    "calls.list by parent": {"count": 0},
    "calls.list by start": {"after": 3, "before": 0, "on": 0},
    "calls.page": {"statuses": ["canceled", "completed", "completed"]},
    "calls.delete": {"deleted": True, "left": 2},
    "call recordings.create": {"channels": 2, "source": "StartCallRecordingApi"},
    "call recordings.list": {"count": 2},
    "call recordings.list by date": {"after": 2, "before": 0},
    "call recordings.page": {"same": True},
    "call recordings.fetch": {"status": "in-progress"},
    "call recordings.update paused": {"status": "paused"},
    "call recordings.update resumed": {"status": "in-progress"},
    "recordings.list": {"statuses": ["completed", "completed"]},
    "recordings.list by call": {"count": 2},
    "recordings.list by date": {"after": 2, "before": 0},
    "recordings.page": {"count": 2},
    "recordings.fetch": {"of": True},
    "call recordings.delete": {"deleted": True, "left": 1},
    "recordings.delete": {"deleted": True, "left": 0},
    "transcriptions.list": {"statuses": ["completed", "completed"]},
    "transcriptions.page": {"same": True},
    "transcriptions.fetch": {"text": True},
    "recording transcriptions.list": {"same": True},
    "recording transcriptions.fetch": {"status": "completed"},
    "recording transcriptions.delete": {"deleted": True},
    "transcriptions.delete": {"deleted": True, "left": 0},
    "error unknown": {"status": 404, "code": 20404},
    "error refused": {"status": 422, "code": 21602},
    "error refused call": {"status": 400, "code": 21205},
    "error wrong token": {"status": 401, "code": 20003},
}

CALLBACKS = {
    "/brand": 2,
    "/call-1": 5,
    "/call-2": 5,
    "/call-3": 3,
    "/call-4": 2,
    "/message-1": 4,
    "/message-2": 4,
    "/message-3": 3,
    "/recorded": 2,
    "/recording-1": 2,
    "/recording-2": 2,
    "/transcribed": 2,
}
# In the dialect `twilio` a message's first status is not told, and an answer once.
CALLBACKS_OF_TWILIO = CALLBACKS | {
    "/call-1": 4,
    "/call-2": 4,
    "/call-4": 1,
    "/message-1": 3,
    "/message-2": 3,
    "/message-3": 2,
}

DRIVEN = {
    "account": {
        "applications",
        "available_phone_numbers",
        "calls",
        "incoming_phone_numbers",
        "messages",
        "recordings",
        "transcriptions",
    },
    "call": {"recordings"},
    "message": {"media"},
    "recording": {"transcriptions"},
    "numbers": set(),
    "number": set(),
    "available": {"local", "toll_free"},
}

REGISTERED = {
    "brands.create": {"name": "Acme", "state": "pending"},
    "brands.create csp": {"name": "Reseller", "reference": "BABC123"},
    "brands.get": {"state": "completed"},
    "brands.list": {"names": ["Reseller", "Unverified", "Acme"]},
    "brands.list by name": {"names": ["Acme"]},
    "brands.list by state": {"names": []},
    "brands.page": {"names": ["Reseller", "Unverified", "Acme"]},
    "campaigns.create": {"name": "Reminders", "state": "pending"},
    "campaigns.get": {"state": "active"},
    "campaigns.list": {"names": ["Partner", "Reminders"]},
    "campaigns.list by name": {"names": ["Reminders"]},
    "campaigns.list by state": {"names": []},
    "campaigns.page": {"names": ["Partner", "Reminders"]},
    "campaigns.update": {"name": "Visits"},
    "phone_numbers.update": {"name": "front desk"},
    "orders.create": {"state": "pending"},
    "orders.get": {"state": "processed"},
    "orders.list": {"same": True},
    "orders.list by state": {"count": 0},
    "numbers.list": {"numbers": ["+15550100001", "+15550100009"]},
    "numbers.list by state": {"count": 0},
    "numbers.delete": {"left": 1},
    "messages.create": {"to": "+15550100002", "body": "hello"},
    "messages.update": {"body": ""},
    "error unknown": {"status": 404, "body": {"error": "Not Found"}, "named": True},
    "error refused": {
        "status": 422,
        "body": {
            "errors": [
                {
                    "detail": "Name can't be blank",
                    "status": "422",
                    "title": "Invalid Attribute",
                    "code": "missing_required_parameter",
                }
            ]
        },
        "named": True,
    },
    "error refused update": {"status": 404, "body": {"error": "Not Found"}, "named": True},
    "error wrong token": {"status": 401, "body": {"error": "Unauthorized"}, "named": True},
}

CALLBACKS_OF_REGISTRY = {
    "/brand-1": 1,
    "/brand-2": 2,
    "/brand-3": 1,
    "/campaign-1": 1,
    "/campaign-2": 1,
    "/message-1": 4,
    "/order-1": 3,
}

COMPATIBLE_ROUTES = (("routes.rs", "/2010-04-01", ".json"),)
JSON_ROUTES = (
    ("rest/registry.rs", "/api/relay/rest/registry/beta", ""),
    ("rest.rs", "", ""),
)
OURS = frozenset({"CreateTranscription"})

COMPATIBLE = Expected(OPERATIONS, CALLBACKS, COMPATIBLE_ROUTES, OURS)
TWILIO = Expected(OPERATIONS, CALLBACKS_OF_TWILIO, COMPATIBLE_ROUTES, OURS)
REGISTRY = Expected(REGISTERED, CALLBACKS_OF_REGISTRY, JSON_ROUTES)
