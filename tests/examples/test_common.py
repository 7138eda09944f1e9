"""What all examples share, and that none is forgotten."""

import re

import pytest
import requests

from support.dev import ROOT

EXAMPLES = ROOT / "examples"
README = (EXAMPLES / "README.md").read_text()
NAMES = sorted(
    [file.stem.replace("_", "-") for file in EXAMPLES.glob("*.py") if file.stem != "traffic"]
    + ["sms-error-tracker-node"]
)


def test_what_nobody_signed_is_refused_whatever_it_is(example):
    url = f"{example('tendlc-pipeline-monitor').direct}/10dlc-status"
    as_json = {"Content-Type": "application/json"}
    signed = {"X-SignalWire-Signature": "0" * 40}
    for body in ["", "[]", "{}", '{"state": 1}', '{"state"', "nonsense", "\0"]:
        answers = [
            requests.post(url, data=body, headers=as_json, timeout=20),
            requests.post(url, data=body, headers=as_json | signed, timeout=20),
            requests.post(url, data={"CallStatus": body}, timeout=20),
            requests.get(url, params={"CallStatus": body}, headers=signed, timeout=20),
        ]
        assert [answer.status_code for answer in answers] == [403] * 4, body


@pytest.mark.parametrize("name", NAMES)
def test_the_table_has_every_example_with_its_command_and_its_picture(name):
    [row] = [line for line in README.splitlines() if f"(pictures/{name}.svg)" in line]
    assert re.search(rf"`[^`]*examples/run {name}[ `]", row)
    [file] = re.findall(r"^\| \[[^]]+\]\(([^)]+)\)", row)
    assert (EXAMPLES / file).is_file()
    assert f"$ examples/run {name}" in (EXAMPLES / f"pictures/{name}.svg").read_text()
