"""Every answer of the REST surfaces, held against SignalWire's published response schemas; there
may be more in an answer than they say.
"""

from collections import defaultdict

import pytest

from schemas.asking import Asking
from schemas.exchange import Rest
from schemas.scenes import TIME_SCALE
from support.dev import Dev
from support.wire import Sockets

ACCOUNT = "/api/laml/2010-04-01/Accounts/{AccountSid}"

RECORDING, TRANSCRIPTION = f"{ACCOUNT}/Recordings/{{Sid}}", f"{ACCOUNT}/Transcriptions/{{Sid}}"
OF_A_CALL = f"{ACCOUNT}/Calls/{{CallSid}}/Recordings"
OF_A_RECORDING = f"{ACCOUNT}/Recordings/{{RecordingSid}}/Transcriptions"
# Operations of ours that none is published of, and the published one that each answers like.
LIKE = {
    ("GET", OF_A_CALL): ("GET", f"{ACCOUNT}/Recordings"),
    ("GET", f"{OF_A_CALL}/{{Sid}}"): ("GET", RECORDING),
    ("DELETE", f"{OF_A_CALL}/{{Sid}}"): ("DELETE", RECORDING),
    ("GET", OF_A_RECORDING): ("GET", f"{ACCOUNT}/Transcriptions"),
    ("POST", OF_A_RECORDING): ("GET", TRANSCRIPTION),
    ("GET", f"{OF_A_RECORDING}/{{Sid}}"): ("GET", TRANSCRIPTION),
    ("DELETE", f"{OF_A_RECORDING}/{{Sid}}"): ("DELETE", TRANSCRIPTION),
}

# Of these nothing is published here: what they answer is held by tests of ours alone.
UNPUBLISHED = ["/api/messaging/messages"]

# What is published and was never answered, each with its reason.
NEVER_ANSWERED = {
    503: "only a full disk or a full queue answers it: crates/server/tests/it/refusals.rs",
    500: "a defect, of which none is known",
    409: "a number can be given back at once: the simulated network knows no cooldown",
}
# The same of one operation.
NOTHING_CAN_BE_WRONG = {
    # Lists whose filters take every text.
    ("GET", "/api/laml/2010-04-01/Accounts", 422),
    ("GET", f"{ACCOUNT}/Applications", 422),
    ("GET", f"{ACCOUNT}/IncomingPhoneNumbers", 422),
    # A number is given back in whatever state it is.
    ("DELETE", f"{ACCOUNT}/IncomingPhoneNumbers/{{Sid}}", 422),
}
# What is answered and not published, each with its reason.
BEYOND = {
    ("GET", f"{ACCOUNT}/Messages/{{MessageSid}}/Media", 404): "there is no such message",
}


def cannot_be_wrong(method, path, status):
    """Whether a request has nothing that can be refused so: one resource, named in the path."""
    one = status == 400 and method in ("GET", "DELETE") and path.endswith("}")
    return one or (method, path, status) in NOTHING_CAN_BE_WRONG


@pytest.fixture(scope="module")
def published_operations(contract):
    """What each operation answers, by method and path: those of ours as well."""
    found = {
        (method, path): {int(status): response for status, response in responses.items()}
        for method, path, responses in contract.operations()
    }
    return found | {ours: found[theirs] for ours, theirs in LIKE.items()}


@pytest.fixture(scope="module")
def asked(tmp_path_factory, contract, published_operations):
    """Every request and its answer, by method, path and status."""
    for _, path in LIKE:
        contract.add_path(path)
    folder = tmp_path_factory.mktemp("asked")
    strict = "--dialect=signalwire-strict"
    with Dev.start(folder, strict, time_scale=TIME_SCALE) as dev, Sockets() as sockets:
        rest = Rest(dev)
        Asking(rest, sockets, published_operations).all()
    found = defaultdict(list)
    for exchange in rest.exchanges:
        path = contract.path_of(exchange.path)
        assert path or exchange.path in UNPUBLISHED, f"nothing is published of {exchange}"
        found[exchange.method, path, exchange.status].append(exchange)
    return {(method, path, status): each for (method, path, status), each in found.items() if path}


def test_every_answer_fits_its_published_schema(asked, contract, published_operations):
    for (method, path, status), exchanges in asked.items():
        responses = published_operations[method, path]
        # Of 201 where like a fetch; what is beyond the published is an error like the others.
        response = responses.get(status) or responses[200 if status < 300 else 401]
        for exchange in exchanges:
            assert contract.answer_errors(response, exchange) == [], exchange


def test_every_operation_answers_with_each_published_status(asked, published_operations):
    published = {
        (method, path, status)
        for (method, path), responses in published_operations.items()
        for status in responses
        if (method, path) not in LIKE
    }
    missing = {
        each
        for each in published - set(asked)
        if each[2] not in NEVER_ANSWERED and not cannot_be_wrong(*each)
    }
    assert missing == set()
    ours = {each for each in asked if each[:2] in LIKE}
    assert {each[:2] for each in ours} == set(LIKE)
    assert set(asked) - published - ours == set(BEYOND)


def test_an_answer_that_fits_no_schema_is_found(asked, contract, published_operations):
    """The check itself: each answer with something missing is refused."""
    for (method, path, status), exchanges in asked.items():
        response = published_operations[method, path].get(status)
        if response and exchanges[0].body:
            without = type(exchanges[0])(method, path, status, "application/json", b"[]")
            assert contract.answer_errors(response, without), (method, path, status)
            as_text = type(exchanges[0])(method, path, status, "text/html", exchanges[0].body)
            assert contract.answer_errors(response, as_text), (method, path, status)
