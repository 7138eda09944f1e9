"""Something to hear of: makes the calls and messages that an example is about.

`examples/run traffic sms-error-tracker --app http://127.0.0.1:5000` while `ringback dev` and the
example run. What becomes of each is said by the number that it goes to: `ringback simulate
numbers` prints them.
"""

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
from signalwire.rest import Client

from common.callback import ENDS_OF_CALLS
from common.settings import Settings

OURS = "+15550100001"
ANSWERED = "+15550100002"
BUSY = "+15550100486"
NO_ANSWER = "+15550100480"
FAILED = "+15550100404"
DELIVERED = "+15550100002"
FAILED_CALLS = 101
TIMEOUT_S = 20
LONGEST_CALL_S = 120


@dataclass(frozen=True)
class Traffic:
    """One server, and the example that is to hear of it."""

    settings: Settings
    client: Client
    # The base of the example's routes.
    app: str

    def url(self, route: str) -> str:
        return self.app + route

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Asks Ringback's own API."""
        answer = requests.post(
            self.settings.http + path,
            json=body,
            auth=(self.settings.project, self.settings.token),
            timeout=TIMEOUT_S,
        )
        if not answer.ok:
            raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text}")
        return answer.json()

    def call(self, to: str, document: str, **more: object) -> str:
        return self.client.calls.create(from_=OURS, to=to, twiml=document, **more).sid

    def message(self, to: str, body: str, route: str) -> str:
        return self.client.messages.create(
            from_=OURS, to=to, body=body, status_callback=self.url(route)
        ).sid

    def number(self, number: str, **more: str) -> None:
        """Takes a number, or sets up the one that the project has."""
        numbers = self.client.incoming_phone_numbers
        for one in numbers.list(phone_number=number):
            one.update(**more)
            return
        numbers.create(phone_number=number, **more)

    def calls_in(self, number: str, **scenario: object) -> str:
        """Has somebody call a number of the project."""
        order = {"from": ANSWERED, "to": number, "scenario": scenario}
        return self.post("/v1/simulate/inbound-call", order)["sid"]

    def wait_for_end(self, call: str) -> None:
        """Waits until a call is over."""
        deadline = time.monotonic() + LONGEST_CALL_S
        while self.client.calls(call).fetch().status not in ENDS_OF_CALLS:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{call} is not over after {LONGEST_CALL_S} s")
            time.sleep(0.1)


@contextmanager
def documents(**pages: str) -> Iterator[dict[str, str]]:
    """Serves cXML documents on a free port of this machine; the URL of each."""

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            page = pages[self.path.strip("/")].encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield {name: f"http://127.0.0.1:{server.server_port}/{name}" for name in pages}
    finally:
        server.shutdown()
        server.server_close()


def inbound_call_tracker(traffic: Traffic) -> list[str]:
    """Eight people call: five are answered, three are sent away."""
    answered = '<Response><Say>Please hold the line.</Say><Pause length="90"/></Response>'
    pages = {"answered": answered, "away": '<Response><Reject reason="busy"/></Response>'}
    with documents(**pages) as urls:
        numbers = {"answered": "+15550105001", "away": "+15550105002"}
        hears = traffic.url("/incomingCalls")
        for (name, number), method in zip(numbers.items(), ("POST", "GET"), strict=True):
            traffic.number(
                number,
                voice_url=urls[name],
                status_callback=hears,
                status_callback_method=method,
            )
        patience_s = [20, 40, 60, 20, 40]
        sids = [traffic.calls_in(numbers["answered"], hangs_up_after_s=it) for it in patience_s]
        sids += [traffic.calls_in(numbers["away"]) for _ in range(3)]
        for sid in sids:
            traffic.wait_for_end(sid)
        return sids


def voice_call_monitor(traffic: Traffic) -> list[str]:
    """Some calls that end well, some that do not, and 101 that fail."""
    ends = [ANSWERED] * 3 + [BUSY, NO_ANSWER] + [FAILED] * FAILED_CALLS
    return [
        traffic.call(
            to,
            "<Response><Say>Good morning.</Say></Response>",
            status_callback=traffic.url("/CallStatus"),
            status_callback_event=["initiated", "ringing", "answered", "completed"],
        )
        for to in ends
    ]


def sms_error_tracker(traffic: Traffic) -> list[str]:
    """The URL has what many frameworks decode; the signature is over what was asked for."""
    return campaign(traffic, "/smsErrorTracker?campaign=caf%C3%A9%2C%41")


def throughput_monitor(traffic: Traffic) -> list[str]:
    return campaign(traffic, "/messages")


def campaign(traffic: Traffic, route: str) -> list[str]:
    """Twenty messages of which six do not arrive."""
    lost = [f"+1555010{code}" for code in (3001, 3003, 3004, 3005, 3006, 3007)]
    return [traffic.message(to, "Your table is ready.", route) for to in [DELIVERED] * 14 + lost]


def recording_to_sms(traffic: Traffic) -> list[str]:
    """Three calls that are recorded."""
    return [
        traffic.call(
            ANSWERED,
            f'<Response><Say>Good morning.</Say><Pause length="{length}"/></Response>',
            record=True,
            recording_status_callback=traffic.url("/sendRecording"),
            recording_status_callback_event=["in-progress", "completed", "absent"],
        )
        for length in (20, 40, 60)
    ]


def tendlc_pipeline_monitor(traffic: Traffic) -> list[str]:
    """A brand, its campaign, and an order of twelve numbers of which ten cannot be assigned."""
    registry, hears = "/api/relay/rest/registry/beta", traffic.url("/10dlc-status")
    brand = {
        "name": "Trattoria",
        "csp_self_registered": True,
        "csp_brand_reference": f"BR{time.time_ns()}",
        "status_callback_url": hears,
    }
    brand_id = traffic.post(f"{registry}/brands", brand)["id"]
    campaign = {
        "name": "Reservations",
        "brand_id": brand_id,
        "csp_campaign_reference": f"CP{time.time_ns()}",
        "status_callback_url": hears,
    }
    campaign_id = traffic.post(f"{registry}/brands/{brand_id}/campaigns", campaign)["id"]
    # Their last seven digits say what becomes of them: docs/10dlc.md.
    good = ["+12025550101", "+12025550102"]
    bad = [f"+1{area}5550191" for area in range(202, 212)]
    for number in good + bad:
        traffic.number(number)
    order = {"phone_numbers": good + bad, "status_callback_url": hears}
    traffic.post(f"{registry}/campaigns/{campaign_id}/orders", order)
    return good + bad


SAYINGS = [
    "My order has not come, please call me back.",
    "Thank you, it is here now.",
    "I would like a table for four at eight.",
]


def leave_messages(traffic: Traffic, number: str, sayings: list[str]) -> list[str]:
    """Callers leave messages at a number that asks for them."""
    sids = [traffic.calls_in(number, says=[saying]) for saying in sayings]
    for sid in sids:
        traffic.wait_for_end(sid)
    return sids


def transcript_search(traffic: Traffic) -> list[str]:
    return leave_transcripts(traffic, "+15550105005", "/transcripts")


def call_log_to_crm(traffic: Traffic) -> list[str]:
    """A call for each way in which one can end."""
    return [
        traffic.call(
            to,
            '<Response><Pause length="20"/></Response>',
            status_callback=traffic.url("/CallStatus"),
            status_callback_event=["initiated", "ringing", "answered", "completed"],
        )
        for to in (ANSWERED, BUSY, NO_ANSWER, FAILED)
    ]


def transcription_to_sms(traffic: Traffic) -> list[str]:
    """Three callers say something after the tone."""
    return leave_transcripts(traffic, "+15550105003", "/message")


def leave_transcripts(
    traffic: Traffic, number: str, route: str, sayings: list[str] = SAYINGS
) -> list[str]:
    text = f'transcribe="true" transcribeCallback="{traffic.url(route)}"'
    pages = {
        "box": f'<Response><Record action="/bye" {text}/></Response>',
        "bye": "<Response><Hangup/></Response>",
    }
    with documents(**pages) as urls:
        traffic.number(number, voice_url=urls["box"])
        return leave_messages(traffic, number, sayings)


def voicemail_transcription_to_email(traffic: Traffic) -> list[str]:
    """The same, with the example's own document."""
    traffic.number("+15550105004", voice_url=traffic.url("/voice_entry"))
    return leave_messages(traffic, "+15550105004", SAYINGS)


TRAFFIC: dict[str, Callable[[Traffic], object]] = {
    "inbound-call-tracker": inbound_call_tracker,
    "recording-to-sms": recording_to_sms,
    "transcription-to-sms": transcription_to_sms,
    "voicemail-transcription-to-email": voicemail_transcription_to_email,
    "voice-call-monitor": voice_call_monitor,
    "tendlc-pipeline-monitor": tendlc_pipeline_monitor,
    "throughput-monitor": throughput_monitor,
    "call-log-to-crm": call_log_to_crm,
    "transcript-search": transcript_search,
    "sms-error-tracker": sms_error_tracker,
    "sms-error-tracker-node": sms_error_tracker,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="examples/run traffic")
    parser.add_argument("example", choices=sorted(TRAFFIC))
    parser.add_argument("--app", default="http://127.0.0.1:5000", help="where it listens")
    options = parser.parse_args()
    settings = Settings.load()
    TRAFFIC[options.example](Traffic(settings, settings.client(), options.app))


if __name__ == "__main__":
    main()
