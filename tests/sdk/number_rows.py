"""Rows of test_types whose callbacks are asked for by phone numbers and applications."""

from twilio.base import values

from callback_rows import calls_told_of, messages_told_of, row
from support.sdk import DOCUMENT, OURS, THEIRS

# A number's own callback: of a call that comes in to it, at its end.
ENDS = ["completed", "busy", "no-answer", "failed", "canceled"]


def number_told(place, setup):
    """A row for each end of a call to a number that `setup` made."""
    for _end in ENDS if "{" not in place else ["completed"]:

        @row("inbound-call", place=place, name=_end, statuses=[_end], final=_end)
        def _(world, end=_end):
            return world.comes_in(setup(world).phone_number, end)


def changed_number(world):
    number = world.take(status_callback="http://127.0.0.1:9/nobody")
    return world.client.incoming_phone_numbers(number.sid).update(**world.ours)


def number_changed_as_json(world):
    number = world.take()
    ours = {
        "call_status_callback_url": world.url,
        "call_status_callback_method": world.method,
    }
    world.ask_json("PUT", f"/api/relay/rest/phone_numbers/{number.sid}", ours)
    return number


def number_of_an_application(world):
    application = world.client.applications.create(friendly_name="ours", **world.ours)
    # The number's own is not asked: the application goes before it.
    return world.take(
        voice_application_sid=application.sid, status_callback="http://127.0.0.1:9/nobody"
    )


number_told("`POST /IncomingPhoneNumbers`", lambda world: world.take(**world.ours))
number_told("`POST /IncomingPhoneNumbers/{Sid}`", changed_number)
number_told("`PUT /api/relay/rest/phone_numbers/{id}`", number_changed_as_json)
number_told("`POST /Applications`", number_of_an_application)


def by_an_application(world):
    application = world.client.applications.create(
        friendly_name="ours", voice_url=DOCUMENT, **world.ours
    )
    # The application has the document.
    return {"application_sid": application.sid, "url": values.unset}


calls_told_of("`POST /Applications`", by_an_application)


def message_by_an_application(name):
    """Sends a message of an application that has our URL by this name."""

    def send(world, to):
        application = world.client.applications.create(friendly_name="ours", **{name: world.url})
        if world.method == "GET":
            # The SDK has no parameter for it.
            path = f"/Applications/{application.sid}"
            world.post_form(path, {"SmsStatusCallbackMethod": "GET"})
        order = {"to": to, "from_": OURS, "body": "hello"}
        return world.client.messages.create(application_sid=application.sid, **order).sid

    return send


for _name in ["sms_status_callback", "message_status_callback"]:
    messages_told_of(
        "`POST /Applications`", message_by_an_application(_name), name=f"by {_name}, "
    )


@row(
    "inbound-call",
    place="`POST /IncomingPhoneNumbers`",
    name="simulated, with a document",
    statuses=["completed"],
    known=lambda _: {"media"},
)
def _(world):
    page = world.sockets.page("/document", "<Response><Say>Hello.</Say></Response>")
    number = world.take(voice_url=page, **world.ours)
    order = {"from": THEIRS, "to": number.phone_number}
    status, made = world.native.post("/simulate/inbound-call", order)
    assert status == 201
    return made["sid"]
