"""Every type of callback, from every place that can ask for it, at every status, by every method,
in every dialect: exactly what the contract says arrives, in order, typed and signed.
"""

import contextlib
import itertools
import json
import re
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from callback_rows import ROWS, TARGET, TOLD, World
import document_rows  # noqa: F401 (adds its rows)
import number_rows  # noqa: F401
import recording_rows  # noqa: F401
import registry_rows  # noqa: F401
from native.client import Native
from support import callback_types as contract
from support.dev import Dev
from support.waiting import wait_for
from support.wire import (
    Sockets,
    longer_signature,
    signature,
    url_signature,
    webhook_signature,
)


@pytest.fixture(scope="module")
def devs(tmp_path_factory):
    """A `ringback dev` for each dialect, two hundred times as fast as the real network."""
    running = {}
    try:
        for dialect in contract.DIALECTS:
            folder = tmp_path_factory.mktemp(dialect)
            running[dialect] = Dev.start(folder, f"--dialect={dialect}", time_scale=200)
        yield running
        for dev in running.values():
            assert dev.stop() == 0, dev.stderr()
            assert not dev.complaints(), "\n".join(dev.complaints())
    finally:
        for dev in running.values():
            dev.kill()


CASES = [
    pytest.param(row, method, id=f"{row.kind}-{row.place.strip('`')}-{row.name}-{method}")
    for row in ROWS
    for method in row.methods
]


@pytest.mark.parametrize(("row", "method"), CASES)
def test_exactly_what_the_contract_says_arrives(devs, tmp_path, row, method):
    with ThreadPoolExecutor(len(contract.DIALECTS)) as pool:
        told = {it: pool.submit(check, devs[it], tmp_path, row, method, it) for it in devs}
        for dialect, each in told.items():
            if error := each.exception():
                raise AssertionError(f"in the dialect {dialect}: {error}") from error


def check(dev, folder, row, method, dialect):
    """Has one row told in one dialect, and looks at all that arrives."""
    expected = list(contract.told(row.kind, dialect, row.statuses))
    homes = itertools.count()
    with Sockets() as sockets, contextlib.ExitStack() as own:

        def start(*options, time_scale):
            options = [f"--dialect={dialect}", *options]
            home = folder / dialect / str(next(homes))
            return own.enter_context(Dev.start(home, *options, time_scale=time_scale))

        world = World(dev, sockets, method, start, own.enter_context)
        sid = row.make(world)
        arrived = sockets.wait(TOLD, len(expected))
        sid = sid or sid_of(arrived[0], row)
        nothing_more_is_owed(world, sid, row, len(expected))
        assert len(sockets.at(TOLD)) == len(expected)
    says = row.says(world, sid) if row.says else {}
    for number, (request, status) in enumerate(zip(arrived, expected, strict=True)):
        check_parameters(request, row, dialect, status, says)
        check_sequence(request, row, number)
        check_headers(request, world.dev, method, dialect)
    if dialect != "signalwire-strict":
        assert len({request.header("webhook-id") for request in arrived}) == len(arrived)


def sid_of(request, row):
    *_, name = contract.TYPES[row.kind]
    return dict(parameters(request))[name]


def nothing_more_is_owed(world, sid, row, count):
    """Waits until the resource is where it ends; all that is owed for it is then known."""
    world.wait_until(sid, row.final or row.statuses[-1])
    owed = world.native.get(f"/callbacks?resource={sid}")["callbacks"]
    assert len(owed) == count, owed


def check_parameters(request, row, dialect, status, says):
    names_of, formats, status_name, _ = contract.TYPES[row.kind]
    known = row.known(status) if row.known else set()
    pairs = parameters(request)
    assert [name for name, _ in pairs] == list(names_of(dialect, status, known))
    values = dict(pairs)
    for name, value in pairs:
        kinds = contract.TYPES_IN_JSON if row.kind == "message-json" else {}
        assert isinstance(value, kinds.get(name, str)), f"{name}: {value!r}"
        text = value if isinstance(value, str) else json.dumps(value)
        assert re.fullmatch(formats[name], text), f"{name}: {value!r}"
    assert values[status_name] == status
    for name, said in says.items():
        assert values.get(name, said) == said, name


def parameters(request):
    """The callback's own parameters: of a GET without those that the URL had."""
    pairs = request.pairs
    if request.method == "GET":
        assert pairs[0] == ("tenant", "7")
        return pairs[1:]
    # Twilio's dialect puts the hash of a JSON body behind it.
    assert request.target.partition("&bodySHA256=")[0] == TARGET
    return pairs


def check_sequence(request, row, number):
    values = dict(parameters(request))
    if row.kind == "voice":
        assert values["SequenceNumber"] == str(number)


def check_headers(request, dev, method, dialect):
    """Signed over the bytes that came, and with the headers of the dialect."""
    assert request.method == method
    assert request.header("x-signalwire-signature") == signature(dev.key, request)
    if method == "GET":
        assert (request.body, request.header("content-type")) == (b"", None)
    elif request.is_json:
        longer = longer_signature(dev.key, request)
        assert request.header("x-signalwire-sha256-signature") == longer
    else:
        kind = "application/x-www-form-urlencoded; charset=UTF-8"
        assert request.header("content-type") == kind
    extras = ["x-twilio-signature", "webhook-signature", "webhook-id", "i-twilio-idempotency-token"]
    found = {name: request.header(name) for name in extras}
    if dialect == "signalwire-strict":
        assert set(found.values()) == {None}
        return
    hashed = f"&bodySHA256={sha256(request.body).hexdigest()}"
    assert request.query.endswith(hashed) is (dialect == "twilio" and request.is_json)
    if request.query.endswith(hashed):
        assert found["x-twilio-signature"] == url_signature(dev.key, request.url)
    else:
        assert found["x-twilio-signature"] == request.header("x-signalwire-signature")
    assert found["webhook-signature"] == webhook_signature(dev.key, request)
    assert re.fullmatch(contract.UUID, found["webhook-id"])
    assert found["webhook-id"] == found["i-twilio-idempotency-token"]


@pytest.fixture(scope="module")
def listed(devs):
    """What `GET /v1/callback-types` says there is."""
    dev = devs["signalwire"]
    return Native(dev.http, dev.token).get("/callback-types")["types"]


def test_every_place_and_method_that_is_listed_has_a_row(listed):
    said = {(each["name"], place["place"]) for each in listed for place in each["places"]}
    assert said == {(row.kind, row.place) for row in ROWS}
    for each in listed:
        methods = {method for row in ROWS if row.kind == each["name"] for method in row.methods}
        assert methods == set(each["methods"]), each["name"]


@pytest.mark.parametrize("dialect", contract.DIALECTS)
def test_every_status_that_is_listed_has_a_row(listed, dialect):
    for each in listed:
        said = {status for event in each["events"] for status in event["statuses"][dialect]}
        rows = [row for row in ROWS if row.kind == each["name"]]
        met = {status for row in rows for status in contract.told(row.kind, dialect, row.statuses)}
        assert met == said, each["name"]


def test_the_parameters_that_are_listed_are_the_contracts(listed):
    """In each dialect: all that can be known is known, at all statuses together."""
    everything = """parent forwarded caller_name recording sip media hangup answered_by error track
        conference call length campaign order assignment variables""".split()
    for each, dialect in itertools.product(listed, contract.DIALECTS):
        names_of, _, _, _ = contract.TYPES[each["name"]]
        ours = [
            parameter["name"].replace("{N}", "0")
            for parameter in each["parameters"]
            if parameter["when"][dialect]
        ]
        statuses = [status for event in each["events"] for status in event["statuses"][dialect]]
        longest = max((list(names_of(dialect, it, everything)) for it in statuses), key=len)
        assert ours == longest, (each["name"], dialect)


def test_a_signature_of_other_bytes_is_not_taken_for_one(devs):
    """The check itself: one letter more, one less, another URL."""
    dev = devs["signalwire"]
    with Sockets() as sockets:
        world = World(dev, sockets, "POST", start=None)
        world.report("brand", ["completed"])
        world.send()
        wait_for(lambda: len(sockets.at(TOLD)) >= 5, lambda: "a brand and a message")
        for request in sockets.at(TOLD):
            fields = {"method": request.method, "target": request.target, "body": request.body}
            fields["headers"] = request.headers
            for changed in [
                {"body": request.body.replace(b"completed", b"completes") + b" "},
                {"target": request.target + "&x=1"},
            ]:
                other = type(request)(**(fields | changed))
                assert signature(dev.key, other) != request.header("x-signalwire-signature")
            assert signature(dev.key + "x", request) != request.header("x-signalwire-signature")
