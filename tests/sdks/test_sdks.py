"""Each SDK, unmodified, over https: every operation that it has, and every callback verified."""

import re

from sdks.expected import DRIVEN
from sdks.snapshot import Snapshot, compare
from support.dev import ROOT

# A row of a table of routes, in either of its forms.
ROW = re.compile(r'^    (GET|POST|PUT|DELETE) +"([^"]+)" +(\w+)$', re.MULTILINE)
FIELDS = re.compile(r'method: Method::(\w+),\s+path: "([^"]+)",\s+operation: \w+::(\w+)')


def test_every_operation_gives_what_it_should(ran):
    told = dict(ran.told.operations)
    bases = [url for url, name in ran.names.items() if name == "<ringback>"]
    for name, got in told.items():
        if name.startswith("error ") and "more_info" in got:
            pages = {f"{url}/docs/errors/{got['code']}" for url in bases}
            assert got.pop("more_info") in pages, name
    expected = ran.driver.expected.operations
    assert list(told) == list(expected), "other operations, or in another order"
    for name, given in expected.items():
        assert told[name] == given, name


def test_the_sdks_validator_accepts_every_callback_and_no_tampered_one(ran):
    by_path = {}
    for callback in ran.told.callbacks:
        assert callback["verified"] is True, callback
        assert callback["tampered"] is False, callback
        by_path.setdefault(callback["target"].partition("?")[0], []).append(callback)
    counted = {path: len(arrived) for path, arrived in by_path.items()}
    assert counted == ran.driver.expected.callbacks


def test_every_route_was_asked_for(ran):
    asked = {(each.method, each.target.partition("?")[0]) for each in ran.exchanges}
    for file, prefix, suffix in ran.driver.expected.routes:
        text = (ROOT / "crates/server/src" / file).read_text()
        table = ROW.findall(text) or FIELDS.findall(text)
        assert len(table) > 2, f"the table of routes is no longer found in {file}"
        for method, template, operation in table:
            path = re.compile(prefix + re.sub(r"\{\w+\}", "[^/]+", template) + re.escape(suffix))
            driven = any(how == method and path.fullmatch(where) for how, where in asked)
            missing = operation in ran.driver.expected.missing
            assert driven is not missing, f"{operation}: {method} {template}"


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
