"""Every callback of every type in every status, as it came to a socket: in the strict dialect
against SignalWire's published payloads, in all three against our own copy of the contract.
"""

import itertools
import json
import re
from pathlib import Path

import pytest

from schemas.dialects import DIALECTS, EXTRAS, MAY_LACK, SILENT, VALUES
from schemas.published import PAYLOADS, typed

COPY = json.loads(Path(__file__).with_name("callbacks.json").read_text())["types"]

# What the published payloads list and no callback ever says, each with its reason.
NEVER_SAID = {
    ("voice", "CallStatus", "queued"): "a call that is queued is told of when it is dialled",
    ("voice", "Direction", "inbound"): "a call that comes in has the inbound-call callback",
    ("message-json", "status", "read"): "no phone network knows of it",
}
# What tells a type's statuses apart.
STATUS_NAMES = {
    "inbound-call": "CallStatus",
    "voice": "CallStatus",
    "message": "MessageStatus",
    "message-json": "status",
    "recording": "RecordingStatus",
    "transcription": "TranscriptionStatus",
    "ten-dlc": "event_type",
}

PARTY = r"\+[1-9]\d{1,14}|\d{3,6}|sips?:\S+|client:\S+"
WIRES = {
    "string": r"(?s).*",
    "string digits": r"\d+",
    "string of integer seconds": r"0|[1-9]\d*",
    "uuid string": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "integer": r"0|[1-9]\d*",
    "integer seconds": r"0|[1-9]\d*",
    "integer 0..8": r"[0-8]",
    "integer >=1": r"[1-9]\d*",
    "integer 1|2": r"[12]",
    "decimal string": r"[1-5]\.\d+|0\.0",
    "rfc2822": r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov"
    r"|Dec) \d{4} \d\d:\d\d:\d\d \+0000",
    "iso8601": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "E.164": r"\+[1-9]\d{1,14}",
    "E.164 or short code": r"\+[1-9]\d{1,14}|\d{3,6}",
    "E.164 | SIP URI | client id": PARTY,
    "url": r"https?://\S+",
    "url or empty": r"(https?://\S+)?",
    "mime": r"\w+/\S+",
}


@pytest.mark.parametrize("kind", PAYLOADS)
def test_the_strict_dialect_fits_the_published_payload(told, contract, kind):
    schema = contract.payload(kind)
    came = [each for each in told["signalwire-strict"] if each.kind == kind]
    assert came, "nothing was told"
    for each in came:
        value = as_json(each.values) if each.is_json else typed(schema, each.pairs)
        assert contract.payload_errors(kind, value) == [], each
    check_all_was_seen(kind, schema, came)


def check_all_was_seen(kind, schema, came):
    """Every parameter of the payload came, and every value that it lists."""
    assert set(schema["properties"]) == {name for each in came for name in each.values}
    for name, rule in schema["properties"].items():
        if "enum" in rule:
            said = {each.values[name] for each in came if name in each.values}
            assert said == set(rule["enum"]) - never_said(kind, name), name


def never_said(kind, name):
    return {value for of, at, value in NEVER_SAID if (of, at) == (kind, name)}


def as_json(values):
    """What pairs in the order of the wire stand for."""
    variables = values.get("custom_variables")
    return values | ({"custom_variables": dict(variables)} if variables is not None else {})


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", COPY)
def test_every_dialect_fits_our_copy_of_the_contract(told, kind, dialect):
    came = [each for each in told[dialect] if each.kind == kind]
    assert came, "nothing was told"
    known = {each["name"]: each for each in COPY[kind]["params"]}
    extras = set()
    for each in came:
        assert each.is_json == (COPY[kind]["encoding"] == "json")
        assert len(each.values) == len(each.pairs), f"something is there twice: {each}"
        extras |= check_names(each, known, dialect)
        check_values(each, known, dialect)
    assert extras == set(EXTRAS[dialect].get(kind, []))


def check_names(each, known, dialect):
    """What is required is there; what is beyond the published payload."""
    names = {numbered(name) for name in each.values}
    required = {name for name, rule in known.items() if rule["required"]}
    assert required - names <= set(MAY_LACK[dialect].get(each.kind, [])), each
    return {name for name in names if not known.get(name, {}).get("published")}


def check_values(each, known, dialect):
    """Every value is what the contract says that it looks like."""
    for name, value in each.values.items():
        rule = known.get(numbered(name), {"wire": "string"})
        if "enum" in rule:
            further = VALUES[dialect].get((each.kind, name), [])
            assert value in [*rule["enum"], *further], (each.kind, name)
        elif rule["wire"] == "string|null":
            assert value is None or isinstance(value, str), (each.kind, name)
        elif rule["wire"] == "object of strings":
            assert all(isinstance(text, str) for text in dict(value).values()), value
        elif rule["wire"] != "enum":
            assert re.fullmatch(WIRES[rule["wire"]], str(value)), (each.kind, name, value)


def numbered(name):
    """`MediaUrl{N}` for MediaUrl0."""
    return re.sub(r"^(MediaUrl|MediaContentType)\d$", r"\1{N}", name)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", COPY)
def test_every_status_was_told(told, kind, dialect):
    """Nothing passes here because it never happened."""
    name = STATUS_NAMES[kind]
    listed = next(each["enum"] for each in COPY[kind]["params"] if each["name"] == name)
    further = VALUES[dialect].get((kind, name), [])
    never = {*never_said(kind, name), *SILENT[dialect].get((kind, name), [])}
    said = {each.values[name] for each in told[dialect] if each.kind == kind}
    assert said == {*listed, *further} - never


def test_our_copy_says_what_the_published_payloads_say(contract):
    for kind, rules in COPY.items():
        schema = contract.payload(kind)
        ours = {each["name"]: each for each in rules["params"] if each["published"]}
        assert set(ours) == set(schema["properties"]), kind
        assert {name for name, each in ours.items() if each["required"]} == set(schema["required"])


def test_what_fits_no_schema_is_found(told, contract):
    """The checks themselves: each callback with something wrong is refused."""
    for kind in PAYLOADS:
        schema = contract.payload(kind)
        each = next(it for it in told["signalwire-strict"] if it.kind == kind)
        good = as_json(each.values) if each.is_json else typed(schema, each.pairs)
        for name in schema["required"]:
            without = {other: value for other, value in good.items() if other != name}
            assert contract.payload_errors(kind, without), (kind, name)
        for name, wrong in itertools.product(schema["properties"], [[], 2**31 + 0.5]):
            assert contract.payload_errors(kind, good | {name: wrong}), (kind, name)
        assert contract.payload_errors(kind, good | {"Colour": "red"}), kind
    counted = contract.payload("message")
    for text in ["01", "+1", " 1", "1.0", "one", ""]:
        assert typed(counted, [("NumMedia", text)]) == {"NumMedia": text}
