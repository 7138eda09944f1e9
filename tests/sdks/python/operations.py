"""Every operation of the compatible API that PyPI `signalwire` 2.x and PyPI `twilio` have.

Both have one shape, so that both are driven by this: each driver brings its client, its
exception and its validator. What the SDK made of an answer is told; the test knows what it
should be. One thing is done at a time, and what others do is waited for by a callback: the
requests are the same ones each time.
"""

import json
from datetime import datetime, timezone

from application import Application, report, tell

OURS, OURS_TOO, THEIRS = "+15550100001", "+15550100009", "+15550100002"
UNREACHABLE, NEVER_ANSWERS = "+15550103003", "+15550100487"
LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.utc)
UNKNOWN = "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01"
EVENTS = ["initiated", "ringing", "answered", "completed"]
RECORDING_EVENTS = ["in-progress", "completed", "absent"]


def drive(client, stranger, exception, verified):
    """All of it. `stranger` is a client with a wrong token."""
    offers(client)
    application = Application(verified)
    accounts(client)
    numbers(client)
    applications(client)
    messages(client, application)
    media(client, application)
    calls(client, application)
    recordings(client, application)
    transcriptions(client, application)
    ten_dlc(application)
    errors(client, stranger, exception)
    application.close()


def offers(client):
    """What the SDK has below each resource, whether it is driven here or not."""
    below = {
        "account": client.api.account,
        "call": client.calls(UNKNOWN),
        "message": client.messages(UNKNOWN),
        "recording": client.recordings(UNKNOWN),
        "numbers": client.incoming_phone_numbers,
        "number": client.incoming_phone_numbers(UNKNOWN),
        "available": client.available_phone_numbers("US"),
    }
    found = {
        name: [it for it, what in vars(type(one)).items() if isinstance(what, property)]
        for name, one in below.items()
    }
    print(json.dumps({"offers": found}))


def two_pages(listed, page_size):
    """What is on the first two pages of a list, from one to the next and back."""
    first = list(page := listed.page(page_size=page_size))
    second = list(page := page.next_page())
    assert sids(page.previous_page()) == sids(first)
    return first + second


def sids(items):
    return [it.sid for it in items]


def by_creation(listed):
    """How many there are by two filters, one of which fits all."""
    return {
        "after": len(listed.list(date_created_after=LONG_AGO)),
        "before": len(listed.list(date_created_before=LONG_AGO)),
    }


def accounts(client):
    all_of = client.api.accounts
    tell("accounts.list", names=[it.friendly_name for it in all_of.list()])
    made = all_of.create(friendly_name="shop")
    tell("accounts.create", name=made.friendly_name, status=made.status)
    named = all_of.list(friendly_name="shop")
    tell("accounts.list by name", names=[it.friendly_name for it in named])
    paged = two_pages(all_of, 1)
    tell("accounts.page", names=[it.friendly_name for it in paged])
    tell("accounts.fetch", same=all_of(made.sid).fetch().sid == made.sid)
    tell("accounts.update", name=all_of(made.sid).update(friendly_name="kiosk").friendly_name)


def numbers(client):
    countries = client.available_phone_numbers
    tell("available.list", countries=[it.country_code for it in countries.list()])
    tell("available.fetch", country=countries("US").fetch().country)
    local = countries("US").local.list(area_code="206", limit=2)
    tell("available.local", numbers=[it.phone_number for it in local])
    free = countries("US").toll_free.list(limit=1)
    tell("available.toll_free", numbers=[it.phone_number for it in free])

    taken = client.incoming_phone_numbers
    desk = taken.create(
        phone_number=OURS,
        friendly_name="front desk",
        voice_url="https://app.example/voice",
        voice_method="GET",
        status_callback="https://app.example/status",
    )
    tell("numbers.create", number=desk.phone_number, name=desk.friendly_name, url=desk.voice_url)
    other = taken.create(phone_number=OURS_TOO)
    listed = taken.list()
    tell("numbers.list", numbers=[it.phone_number for it in listed])
    tell("numbers.list by number", names=[it.friendly_name for it in taken.list(phone_number=OURS)])
    named = taken.list(friendly_name="front desk")
    tell("numbers.list by name", numbers=[it.phone_number for it in named])
    paged = two_pages(taken, 1)
    tell("numbers.page", numbers=[it.phone_number for it in paged])
    tell("numbers.fetch", method=taken(desk.sid).fetch().voice_method)
    changed = taken(desk.sid).update(sms_url="https://app.example/sms", voice_url="")
    tell("numbers.update", sms=changed.sms_url, voice=changed.voice_url)
    tell("numbers.delete", deleted=[taken(it.sid).delete() for it in (desk, other)])
    tell("numbers.list after", numbers=taken.list())


def applications(client):
    all_of = client.applications
    made = all_of.create(friendly_name="orders", sms_status_callback="https://app.example/sms")
    tell("applications.create", name=made.friendly_name, callback=made.sms_status_callback)
    all_of.create(friendly_name="spare")
    tell("applications.list", names=[it.friendly_name for it in all_of.list()])
    tell("applications.list by name", count=len(all_of.list(friendly_name="orders")))
    paged = two_pages(all_of, 1)
    tell("applications.page", names=[it.friendly_name for it in paged])
    tell("applications.fetch", name=all_of(made.sid).fetch().friendly_name)
    changed = all_of(made.sid).update(voice_url="https://app.example/voice")
    tell("applications.update", voice=changed.voice_url, name=changed.friendly_name)
    tell("applications.delete", deleted=all_of(made.sid).delete())


def messages(client, application):
    all_of = client.messages
    made = all_of.create(
        to=THEIRS, from_=OURS, body="hello", status_callback=f"{application.url}/message-1"
    )
    tell("messages.create", to=made.to, body=made.body, direction=made.direction)
    application.wait("/message-1", MessageStatus="delivered")
    lost = all_of.create(
        to=UNREACHABLE, from_=OURS, body="hello?", status_callback=f"{application.url}/message-2"
    )
    application.wait("/message-2", MessageStatus="undelivered")
    tell("messages.fetch", status=all_of(made.sid).fetch().status)
    failed = all_of(lost.sid).fetch()
    tell("messages.fetch failed", status=failed.status, code=failed.error_code)
    tell("messages.list", bodies=[it.body for it in all_of.list()])
    tell("messages.list by to", bodies=[it.body for it in all_of.list(to=THEIRS)])
    tell("messages.list by from", count=len(all_of.list(from_=OURS)))
    tell(
        "messages.list by date",
        after=len(all_of.list(date_sent_after=LONG_AGO)),
        before=len(all_of.list(date_sent_before=LONG_AGO)),
        on=len(all_of.list(date_sent=LONG_AGO)),
    )
    paged = two_pages(all_of, 1)
    tell("messages.page", bodies=[it.body for it in paged])
    tell("messages.stream", bodies=[it.body for it in all_of.stream(page_size=1)])
    tell("messages.update", body=all_of(made.sid).update(body="").body)
    tell("messages.delete", deleted=all_of(lost.sid).delete())


def media(client, application):
    pictures = [f"https://app.example/{name}.png" for name in ("a", "b")]
    message = client.messages.create(
        to=THEIRS,
        from_=OURS,
        media_url=pictures,
        status_callback=f"{application.url}/message-3",
    )
    application.wait("/message-3", MessageStatus="sent")
    tell("messages.create with media", media=int(message.num_media))
    all_of = client.messages(message.sid).media
    listed = all_of.list()
    tell("media.list", types=[it.content_type for it in listed])
    tell("media.list by date", **by_creation(all_of))
    tell("media.page", same=sids(two_pages(all_of, 1)) == sids(listed))
    tell("media.fetch", of=all_of(listed[0].sid).fetch().parent_sid == message.sid)
    tell("media.delete", deleted=all_of(listed[0].sid).delete(), left=len(all_of.list()))


def calls(client, application):
    all_of = client.calls
    documents = f"{application.url}/documents"
    made = all_of.create(
        to=THEIRS,
        from_=OURS,
        url=f"{documents}/long",
        status_callback=f"{application.url}/call-1",
        status_callback_event=EVENTS,
    )
    tell("calls.create", to=made.to, status=made.status)
    application.wait("/call-1", CallStatus="in-progress")
    tell("calls.fetch", status=all_of(made.sid).fetch().status)
    sent = all_of(made.sid).update(url=f"{documents}/bye", method="POST")
    tell("calls.update url", status=sent.status)
    application.wait("/call-1", CallStatus="completed")

    ended = all_of.create(
        to=THEIRS,
        from_=OURS_TOO,
        twiml='<Response><Pause length="3600"/></Response>',
        status_callback=f"{application.url}/call-2",
        status_callback_event=EVENTS,
    )
    application.wait("/call-2", CallStatus="in-progress")
    tell("calls.update completed", status=all_of(ended.sid).update(status="completed").status)
    application.wait("/call-2", CallStatus="completed")

    unwanted = all_of.create(
        to=NEVER_ANSWERS,
        from_=OURS,
        url=f"{documents}/long",
        timeout=600,
        status_callback=f"{application.url}/call-3",
        status_callback_event=EVENTS,
    )
    application.wait("/call-3", CallStatus="ringing")
    tell("calls.update canceled", status=all_of(unwanted.sid).update(status="canceled").status)
    application.wait("/call-3", CallStatus="canceled")

    tell("calls.list", statuses=[it.status for it in all_of.list()])
    tell("calls.list by status", count=len(all_of.list(status="completed")))
    tell("calls.list by to", statuses=[it.status for it in all_of.list(to=NEVER_ANSWERS)])
    tell("calls.list by from", count=len(all_of.list(from_=OURS_TOO)))
    tell("calls.list by parent", count=len(all_of.list(parent_call_sid=made.sid)))
    tell(
        "calls.list by start",
        after=len(all_of.list(start_time_after=LONG_AGO)),
        before=len(all_of.list(start_time_before=LONG_AGO)),
        on=len(all_of.list(start_time=LONG_AGO)),
    )
    paged = two_pages(all_of, 2)
    tell("calls.page", statuses=[it.status for it in paged])
    tell("calls.delete", deleted=all_of(unwanted.sid).delete(), left=len(all_of.list()))


def recordings(client, application):
    call = client.calls.create(
        to=THEIRS,
        from_=OURS,
        url=f"{application.url}/documents/long",
        status_callback=f"{application.url}/call-4",
        status_callback_event=["answered"],
    )
    application.wait("/call-4", CallStatus="in-progress")
    of_call = client.calls(call.sid).recordings
    made = [record(of_call, application, place) for place in ("recording-1", "recording-2")]
    first = made[0].sid
    tell("call recordings.create", channels=made[0].channels, source=made[0].source)
    tell("call recordings.list", count=len(of_call.list()))
    tell("call recordings.list by date", **by_creation(of_call))
    tell("call recordings.page", same=sids(two_pages(of_call, 1)) == sids(reversed(made)))
    tell("call recordings.fetch", status=of_call(first).fetch().status)
    paused = of_call(first).update(status="paused", pause_behavior="skip")
    tell("call recordings.update paused", status=paused.status)
    resumed = of_call(first).update(status="in-progress")
    tell("call recordings.update resumed", status=resumed.status)
    for place, recording in zip(("recording-1", "recording-2"), made):
        of_call(recording.sid).update(status="stopped")
        application.wait(f"/{place}", RecordingStatus="completed")
    client.calls(call.sid).update(status="completed")

    all_of = client.recordings
    tell("recordings.list", statuses=[it.status for it in all_of.list()])
    tell("recordings.list by call", count=len(all_of.list(call_sid=call.sid)))
    tell("recordings.list by date", **by_creation(all_of))
    tell("recordings.page", count=len(two_pages(all_of, 1)))
    tell("recordings.fetch", of=all_of(first).fetch().call_sid == call.sid)
    tell("call recordings.delete", deleted=of_call(first).delete(), left=len(of_call.list()))
    tell("recordings.delete", deleted=all_of(made[1].sid).delete(), left=len(all_of.list()))


def record(of_call, application, place):
    """Begins a recording, and waits until it is there."""
    made = of_call.create(
        recording_channels="dual",
        recording_track="both",
        trim="do-not-trim",
        recording_status_callback=f"{application.url}/{place}",
        recording_status_callback_event=RECORDING_EVENTS,
    )
    application.wait(f"/{place}", RecordingStatus="in-progress")
    return made


def transcriptions(client, application):
    made = []
    for number in (OURS, OURS_TOO):
        client.calls.create(to=THEIRS, from_=number, url=f"{application.url}/documents/voicemail")
        made.append(application.wait("/transcribed", From=number))
        application.wait("/recorded", RecordingSid=made[-1]["RecordingSid"])
    all_of = client.transcriptions
    first, second = (it["TranscriptionSid"] for it in made)
    tell("transcriptions.list", statuses=[it.status for it in all_of.list()])
    tell("transcriptions.page", same=sids(two_pages(all_of, 1)) == [second, first])
    fetched = all_of(first).fetch()
    tell("transcriptions.fetch", text=fetched.transcription_text == made[0]["TranscriptionText"])
    of_recording = client.recordings(made[1]["RecordingSid"]).transcriptions
    tell("recording transcriptions.list", same=sids(of_recording.list()) == [second])
    tell("recording transcriptions.fetch", status=of_recording(second).fetch().status)
    tell("recording transcriptions.delete", deleted=of_recording(second).delete())
    tell("transcriptions.delete", deleted=all_of(first).delete(), left=len(all_of.list()))


def ten_dlc(application):
    """For the validator alone: neither SDK has anything for 10DLC."""
    brand = {"kind": "brand", "external_id": "acme", "status_callback": f"{application.url}/brand"}
    report(**brand, status="unverified")
    report(**brand, status="completed")
    application.wait("/brand", state="completed")


def errors(client, stranger, exception):
    for name, action in {
        "unknown": lambda: client.messages(UNKNOWN).fetch(),
        "refused": lambda: client.messages.create(to=THEIRS, from_=OURS),
        "refused call": lambda: client.calls.create(to=THEIRS, from_=OURS),
        "wrong token": lambda: stranger.messages(UNKNOWN).fetch(),
    }.items():
        try:
            action()
        except exception as error:
            tell(f"error {name}", status=error.status, code=error.code)
        else:
            tell(f"error {name}", status=None)
