"""Documents that are run for calls made with the real SDK, and a server killed in the middle."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from signalwire.request_validator import RequestValidator
from support.dev import Dev
from support.sdk import OURS, THEIRS, client_of, own_number
from support.waiting import wait_for


class Application:
    """Documents by path; keeps what each was asked for with."""

    def __init__(self, documents):
        self.documents = documents
        self.requests = []
        application = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                form = {key: value[0] for key, value in parse_qs(body, True).items()}
                signature = self.headers.get("X-SignalWire-Signature")
                application.requests.append((self.path, form, signature))
                text = application.documents.get(self.path, "").encode()
                self.send_response(200 if text else 204)
                self.send_header("Content-Type", "application/xml")
                if text:
                    self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                """What fails is told by the call's timeline."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def paths(self):
        return [path for path, _, _ in self.requests]


def ended(client, sid):
    over = lambda: client.calls(sid).fetch().status in ("completed", "failed")
    wait_for(over, f"the end of {sid}")
    return client.calls(sid).fetch()


def test_the_document_of_a_call_is_asked_for_signed_and_run(dev, client):
    application = Application(
        {
            "/first": "<Response><Say>Hello</Say><Redirect>/second</Redirect></Response>",
            "/second": '<Response><Pause length="3"/><Hangup/></Response>',
        }
    )
    call = client.calls.create(to=own_number(), from_=OURS, url=application.url + "/first")
    over = ended(client, call.sid)
    assert over.status == "completed"
    assert application.paths() == ["/first", "/second"]
    for path, form, signature in application.requests:
        assert form["CallSid"] == call.sid
        assert form["CallStatus"] == "in-progress"
        assert form["Direction"] == "outbound-api"
        assert RequestValidator(dev.key).validate(application.url + path, form, signature)


def test_a_document_goes_on_after_kills(tmp_path):
    """Killed at several moments of a document with legs; every call comes to its end."""
    application = Application(
        {
            "/first": f'<Response><Say>Hello</Say><Dial action="/after">{THEIRS}</Dial></Response>',
            "/after": '<Response><Record action="/bye" maxLength="5"/></Response>',
            "/bye": "<Response><Say>Bye</Say></Response>",
        }
    )
    folder = tmp_path / "dev"
    calls = []
    for life in range(4):
        dev = Dev.start(folder, time_scale=20)
        client = client_of(dev)
        before = len(application.requests)
        calls += [
            client.calls.create(to=own_number(), from_=OURS, url=application.url + "/first").sid
            for _ in range(5)
        ]
        if life < 3:
            wait_for(lambda: len(application.requests) >= before + 4 + life, "documents")
            dev.kill()
    with dev:
        for sid in calls:
            assert ended(client, sid).status == "completed"
            own = [path for path, form, _ in application.requests if form["CallSid"] == sid]
            # Each was asked for, in order; one that was under way at a kill perhaps again.
            assert sorted(set(own), key=own.index) == ["/first", "/after", "/bye"], own
            assert own == sorted(own, key=["/first", "/after", "/bye"].index), own
        legs = [it for it in client.calls.list() if it.parent_call_sid]
        assert {it.parent_call_sid for it in legs} == set(calls)
        assert {it.status for it in legs} == {"completed"}
