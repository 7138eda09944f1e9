"""Each SDK, unmodified, over https: every operation that it has, and every callback verified."""

import re

from sdks.drivers import TWILIO
from sdks.expected import CALLBACKS, CALLBACKS_OF_TWILIO, DRIVEN, OPERATIONS
from sdks.snapshot import Snapshot, compare
from support.dev import ROOT

ROUTE = re.compile(r'^    (GET|POST|DELETE) +"([^"]+)" +(\w+)$', re.MULTILINE)
# Ours: no SDK has it.
NOT_IN_SDKS = {"CreateTranscription"}


def test_every_operation_gives_what_it_should(ran):
    told = dict(ran.told.operations)
    bases = [url for url, name in ran.names.items() if name == "<ringback>"]
    for name, got in told.items():
        if name.startswith("error ") and "more_info" in got:
            pages = {f"{url}/docs/errors/{got['code']}" for url in bases}
            assert got.pop("more_info") in pages, name
    assert list(told) == list(OPERATIONS), "other operations, or in another order"
    for name, expected in OPERATIONS.items():
        assert told[name] == expected, name


def test_the_sdks_validator_accepts_every_callback_and_no_tampered_one(ran):
    by_path = {}
    for callback in ran.told.callbacks:
        assert callback["verified"] is True, callback
        assert callback["tampered"] is False, callback
        by_path.setdefault(callback["target"].partition("?")[0], []).append(callback)
    counted = {path: len(arrived) for path, arrived in by_path.items()}
    assert counted == (CALLBACKS_OF_TWILIO if ran.driver.options == TWILIO else CALLBACKS)


def test_every_route_was_asked_for(ran):
    table = ROUTE.findall((ROOT / "crates/server/src/routes.rs").read_text())
    assert len(table) > 40, "the table of routes is no longer found where it was"
    asked = {(each.method, each.target.partition("?")[0]) for each in ran.exchanges}
    for method, template, operation in table:
        path = re.compile("/2010-04-01" + re.sub(r"\{\w+\}", "[^/]+", template) + r"\.json")
        driven = any(how == method and path.fullmatch(where) for how, where in asked)
        assert driven is (operation not in NOT_IN_SDKS), f"{operation}: {method} {template}"


def test_what_the_sdk_has_besides_is_listed(ran):
    page = (ROOT / "docs/sdks.md").read_text()
    section = page.partition("## What the SDKs have besides")[2].partition("\n## ")[0]
    listed = {
        (row[1].strip(), name)
        for row in (line.split("|") for line in section.splitlines() if line.startswith("|"))
        for name in re.findall(r"`(\w+)`", row[2])
    }
    assert len(listed) > 30, "the list is no longer found where it was"
    for where, names in ran.told.offers.items():
        for name in names:
            driven = name in DRIVEN[where]
            assert driven is not ((where, name) in listed), f"{name} below {where}"


def test_the_wire_is_as_it_was(ran):
    snapshot = Snapshot(ran.names)
    for exchange in ran.exchanges:
        snapshot.exchange(exchange)
    for callback in ran.told.callbacks:
        snapshot.callback(callback)
    compare(ran.driver.name, snapshot.text())
