"""Requests that schemathesis makes up from a description, right ones and wrong ones: of our own
with every check that it has, of SignalWire's with those that hold of answers.

Bounded by a number of examples, with a fixed seed: the same requests every time, but for the ids
that there are and for what is made of answers.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from native.client import Native
from schemas import published
from schemas.exchange import Rest
from schemas.scenes import OURS, THEIRS, TIME_SCALE, Scenes
from schemas.there import There
from support.dev import Dev
from support.wire import Sockets

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CONFIGURED = Path(__file__).parent / "generated"
SEED = 17
# Requests of each kind for an operation, and how long all of them may take.
EXAMPLES = {"ours": 40, "published": 20}
WITHIN_S = 300
HELD_OF_ANSWERS = "not_a_server_error,content_type_conformance,response_schema_conformance"

ACCOUNT = "/api/laml/2010-04-01/Accounts/{AccountSid}"
RECORDING = f"{ACCOUNT}/Recordings/{{Sid}}"
# Of what the published bodies only say that it is a text: values that are taken.
TAKEN = {
    "To": {"enum": [THEIRS, "+15555550486", "+15555553003"]},
    "From": {"enum": [OURS]},
    "PhoneNumber": {"pattern": r"^\+1555[0-9]{7}$"},
    "StatusCallbackEvent": {"enum": ["initiated", "ringing", "answered", "completed"]},
    "RecordingStatusCallbackEvent": {"enum": ["in-progress", "completed", "absent"]},
    "sms_use_case": {"enum": ["2FA", "MARKETING"]},
}


@contextlib.contextmanager
def everything_happened(folder):
    """A server and a receiver, on which there is something to ask for."""
    strict = "--dialect=signalwire-strict"
    with Dev.start(folder, strict, time_scale=TIME_SCALE) as dev, Sockets() as sockets:
        Scenes(Rest(dev), sockets).all()
        yield dev, sockets


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with everything_happened(tmp_path_factory.mktemp("ours")) as world:
        yield world


@pytest.fixture(scope="module", autouse=True)
def beside(tmp_path_factory):
    """What came of SignalWire's document, on a server of its own: it goes on beside the other
    tests. None without the document."""
    if published.folder() is None:
        yield None
        return
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(generate_published, tmp_path_factory.mktemp("published"))


def generate_published(folder):
    with everything_happened(folder) as (dev, sockets):
        document = served(published.Published.read(), There(dev, sockets))
        checks = f"--checks={HELD_OF_ANSWERS}"
        found = generate(folder, dev, sockets, "published", document, checks)
        stays_on_loopback(dev, sockets)
        return operations(document), succeeded(found)


def test_our_own_description_is_true(world, tmp_path):
    dev, sockets = world
    document = described(dev, sockets)
    found = generate(tmp_path, dev, sockets, "ours", document)
    assert succeeded(found) >= operations(document) - {("GET", "/v1/stream")}
    stays_on_loopback(dev, sockets)


def test_an_untrue_description_is_noticed(world, tmp_path):
    """The checks themselves: something required that is never there, something forbidden that is
    taken, something allowed that is refused."""
    dev, sockets = world
    document = described(dev, sockets)
    schemas = document["components"]["schemas"]
    schemas["CallbackPage"]["required"].append("colour")
    schemas["ReplayParams"]["properties"]["rate"]["maximum"] = 10
    schemas["ReplayParams"]["properties"]["state"]["enum"].append("pending")
    changed = ["--include-name=GET /v1/callbacks", "--include-name=POST /v1/replay"]
    with pytest.raises(AssertionError) as failed:
        generate(tmp_path, dev, sockets, "ours", document, *changed)
    for noticed in [
        "Response violates schema",
        "Schema-violating request accepted",
        "Schema-valid request rejected",
    ]:
        assert noticed in str(failed.value)


def test_the_answers_of_published_operations_fit(beside):
    if beside is None:
        pytest.skip(published.SKIPPED)
    there_are, succeeded = beside.result()
    assert succeeded >= there_are


def stays_on_loopback(dev, sockets):
    """A callback goes to what a generated URL names: to the receiver here, nowhere else."""
    native, cursor, origins = Native(dev.http, dev.token), "", set()
    while cursor is not None:
        page = native.get(f"/callbacks?limit=1000{cursor}")
        origins |= {each["destination"] for each in page["callbacks"]}
        cursor = f"&cursor={page['next_cursor']}" if "next_cursor" in page else None
    assert origins == {sockets.url("")}


def generate(folder, dev, sockets, name, document, *options):
    """Runs schemathesis; fails with what it says. The statuses of every operation."""
    description, report = folder / "description.json", folder / "report.json"
    description.write_text(json.dumps(document))
    command = [
        *[SCHEMATHESIS, f"--config-file={CONFIGURED / name}.toml", "run", description],
        *[f"--url={dev.http}", f"--auth={dev.project}:{dev.token}", "--request-timeout=20"],
        *[f"--max-examples={EXAMPLES[name]}", f"--seed={SEED}", "--continue-on-failure"],
        *[f"--report-har-path={report}", "--no-color", "--output-truncate=false"],
        *["--suppress-health-check=all", *options],
    ]
    hooks = {"PYTHONPATH": str(CONFIGURED), "SCHEMATHESIS_HOOKS": "hooks", "SINK": sockets.url("")}
    environment, captured = os.environ | hooks, {"capture_output": True, "text": True}
    ended = subprocess.run(command, env=environment, cwd=folder, timeout=WITHIN_S, **captured)
    assert ended.returncode == 0, ended.stdout[-30_000:] + ended.stderr
    return met(document, json.loads(report.read_text()))


def met(document, report):
    """The statuses that each operation of a document answered with."""
    shapes = {re.compile(re.sub(r"\{\w+\}", "[^/.]*", path)): path for path in document["paths"]}
    found = defaultdict(set)
    for entry in report["log"]["entries"]:
        path = urlsplit(entry["request"]["url"]).path
        template = next((shapes[shape] for shape in shapes if shape.fullmatch(path)), path)
        found[entry["request"]["method"], template].add(entry["response"]["status"])
    return found


def operations(document):
    return {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if method != "parameters"
    }


def succeeded(found):
    return {each for each, statuses in found.items() if any(it < 300 for it in statuses)}


def described(dev, sockets):
    """Our own description, with ids that there are."""
    native, scenes = Native(dev.http, dev.token), Scenes(Rest(dev), sockets)
    document = native.get("/openapi.json")
    callbacks = native.get("/callbacks?limit=20")["callbacks"]
    let_name(document, "/v1/callbacks/{id}", [each["id"] for each in callbacks])
    let_name(document, "/v1/resources/{sid}", [each["sid"] for each in callbacks])
    scenarios = [f"scenario-{number}" for number in range(EXAMPLES["ours"])]
    for name in scenarios:
        status, _ = native.post("/simulate/scenarios", {"name": name, "call": {}})
        assert status == 201, name
    let_name(document, "/v1/simulate/scenarios/{name}", scenarios)
    driven = document["components"]["schemas"]["DriveParams"]["properties"]
    driven["sid"]["enum"] = [scenes.report("brand", ["pending"]) for _ in range(EXAMPLES["ours"])]
    driven["state"]["enum"] = ["unverified", "completed"]
    return document


def let_name(document, prefix, named):
    """Lets the last parameter of the paths that begin so name what there is."""
    [*_, name] = re.findall(r"\{(\w+)\}", prefix)
    for path, methods in document["paths"].items():
        if path.startswith(prefix):
            for operation in methods.values():
                for parameter in operation["parameters"]:
                    if parameter["name"] == name:
                        parameter["schema"] = {"enum": named}


def served(contract, there):
    """What is served of the loosened document, with ids and numbers that there are."""
    document = json.loads(json.dumps(contract.loose))
    # Without the suffix it answers with audio, as SignalWire's manual and its SDKs have it.
    recording = document["paths"][RECORDING]
    document["paths"][f"{RECORDING}.json"] = {"get": recording.pop("get")}
    named = there.path_parameters()
    for name, parameter in document["components"]["parameters"].items():
        known = [there.rest.dev.project] if parameter["name"] == "AccountSid" else named[name]
        parameter["schema"] = {"enum": known}
    for path, own in there.pairs().items():
        for operation in document["paths"][ACCOUNT + path].values():
            operation["parameters"] = [in_path(*each) for each in own.items()]
    taken = TAKEN | there.values()
    for name, schema in document["components"]["schemas"].items():
        if re.fullmatch("(Create|Update).*Request", name):
            for each in taken.keys() & schema["properties"].keys():
                schema["properties"][each] = {"type": "string", **taken[each]}
    return document


def in_path(name, known):
    return {"name": name, "in": "path", "required": True, "schema": {"enum": known}}
