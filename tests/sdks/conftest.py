"""Fixtures: each driver is run once, through a recorder, and many tests look at what came of it."""

import os
import re
from dataclasses import dataclass

import pytest

from sdks.drivers import DRIVERS, Driver, Told, run
from sdks.recorder import Recorder
from support.dev import Dev

SCALE = 50
# What a machine says of CAs and proxies to all its programs.
OF_THE_MACHINE = re.compile(
    r"(REQUESTS|CURL)_CA_BUNDLE|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|(?!NO_)\w+_PROXY",
    re.IGNORECASE,
)


@pytest.fixture(scope="session", autouse=True)
def without_the_machines_cas():
    """Each SDK is told what to trust as its users tell it, and by nothing else."""
    with pytest.MonkeyPatch.context() as environment:
        for name in filter(OF_THE_MACHINE.fullmatch, list(os.environ)):
            environment.delenv(name)
        yield


@dataclass(frozen=True)
class Run:
    """What a driver told, and all that went over the wire meanwhile."""

    driver: Driver
    told: Told
    exchanges: list
    # What stands for each text that is different in each run.
    names: dict


@pytest.fixture(scope="session", params=DRIVERS, ids=lambda driver: driver.name)
def ran(request, tmp_path_factory):
    driver = request.param
    folder = tmp_path_factory.mktemp(driver.name)
    with Dev.start(folder, "--seed=6", *driver.options, time_scale=SCALE) as dev:
        with Recorder(dev) as recorder:
            told = run(driver, dev, recorder.url)
        names = {
            dev.project: "<project>",
            dev.ready["project_alias"]: "<alias>",
            dev.token: "<token>",
            dev.key: "<signing key>",
            recorder.url: "<ringback>",
            dev.http: "<ringback>",
        }
    return Run(driver, told, recorder.exchanges, names)
