"""The drivers: how each SDK is run, with the environment that its users give it.

A driver is a program of its own, for the SDKs cannot be in one environment. Its folder has the
same name. What it is told and what it tells is in `python/application.py` and
`node/application.mjs`.
"""

import json
import os
import subprocess
from dataclasses import dataclass, field

from sdks.expected import COMPATIBLE, REGISTRY, TWILIO, Expected
from support.dev import ROOT

FOLDER = ROOT / "tests" / "sdks"
WITHIN_S = 120


@dataclass(frozen=True)
class Driver:
    """One SDK."""

    name: str
    command: tuple
    expected: Expected
    # How its users say which CA is to be trusted, if not in the program.
    ca_variable: str | None = None
    # Of `ringback dev`.
    options: tuple = ()


@dataclass
class Told:
    """What a driver told: what became of each operation, and each callback, verified."""

    operations: dict = field(default_factory=dict)
    callbacks: list = field(default_factory=list)
    # What the SDK has below each resource, by its names in Python.
    offers: dict = field(default_factory=dict)

    def take(self, line):
        told = json.loads(line)
        name = told.pop("operation", None)
        if name is None:
            [(kind, value)] = told.items()
            if kind == "callback":
                self.callbacks.append(value)
            else:
                self.offers = value
            return
        assert name not in self.operations, f"{name} was told twice"
        self.operations[name] = told


def python(environment, name):
    return (ROOT / ".venv" / environment / "bin" / "python", FOLDER / name / "drive.py")


def node(name):
    return ("node", FOLDER / name / "drive.mjs")


# The validator knows forms alone.
FORM = ("--set=ten_dlc_body=form",)
IN_TWILIOS = ("--dialect=twilio",)
DRIVERS = [
    Driver("signalwire-python", python("tests", "signalwire-python"), COMPATIBLE),
    Driver("signalwire-node", node("signalwire-node"), COMPATIBLE, "NODE_EXTRA_CA_CERTS", FORM),
    Driver(
        "twilio-python", python("twilio", "twilio-python"), TWILIO, "REQUESTS_CA_BUNDLE", IN_TWILIOS
    ),
    Driver("twilio-node", node("twilio-node"), TWILIO, "NODE_EXTRA_CA_CERTS", IN_TWILIOS),
    Driver(
        "signalwire-sdk",
        python("signalwire-sdk", "signalwire-sdk"),
        REGISTRY,
        "SIGNALWIRE_REST_CA_FILE",
    ),
]


def run(driver, dev, url):
    """Runs it against `dev`, which is to be found at `url`; what it told."""
    environment = os.environ | {
        "RINGBACK_URL": url,
        "RINGBACK_PROJECT": dev.project,
        "RINGBACK_ALIAS": dev.ready["project_alias"],
        "RINGBACK_TOKEN": dev.token,
        "RINGBACK_SIGNING_KEY": dev.key,
        "RINGBACK_CA": dev.ca,
        "PYTHONPATH": str(FOLDER / "python"),
        "PYTHONDONTWRITEBYTECODE": "1",
        # What a later Python or Node.js finds old in an SDK is nothing of ours.
        "PYTHONWARNINGS": "ignore",
        "NODE_NO_WARNINGS": "1",
    }
    if driver.ca_variable is not None:
        environment[driver.ca_variable] = dev.ca
    ended = subprocess.run(
        driver.command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )
    assert ended.returncode == 0, f"{driver.name} ended with {ended.returncode}:\n{ended.stderr}"
    assert ended.stderr == "", f"{driver.name} complains:\n{ended.stderr}"
    told = Told()
    for line in ended.stdout.splitlines():
        told.take(line)
    return told
