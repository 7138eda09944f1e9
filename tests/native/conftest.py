"""Fixtures: a `ringback dev` of the test's own, a client of its native API, and a receiver."""

import pytest

from native.client import Native
from support.dev import Dev
from support.receiver import Receiver


@pytest.fixture
def dev(tmp_path):
    with Dev.start(tmp_path / "dev") as dev:
        yield dev


@pytest.fixture
def native(dev):
    return Native(dev.http, dev.token)


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver
