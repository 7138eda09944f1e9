"""Fixtures: one `ringback dev` for most tests, the SDK's client for it, and a receiver each."""

import contextlib
import itertools

import pytest

from support.dev import Dev
from support.receiver import Receiver
from support.sdk import client_of


@pytest.fixture(scope="session")
def shared_dev(tmp_path_factory):
    """Two hundred times as fast as the real network: a call takes a quarter of a second."""
    with Dev.start(tmp_path_factory.mktemp("dev"), time_scale=200) as dev:
        yield dev


@pytest.fixture
def dev(shared_dev):
    """The shared one; what it complains of during a test fails that test."""
    said = len(shared_dev.stderr())
    expected = len(shared_dev.expected)
    yield shared_dev
    complaints = shared_dev.complaints(since=said)
    assert not complaints, "\n".join(complaints)
    # Others must not complain of it, so what was expected here stays so only until the end.
    assert shared_dev.process.poll() is None, shared_dev.stderr()
    assert len(shared_dev.expected) == expected, "`expected` is for a `dev` of the test's own"


@pytest.fixture
def client(dev):
    return client_of(dev)


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def own_dev(tmp_path):
    """Starts a `ringback dev` of the test's own: `own_dev("--dialect=twilio", time_scale=1)`."""
    numbers = itertools.count()
    # Ends every one, also when one of them complains.
    with contextlib.ExitStack() as stack:

        def start(*options, **more):
            folder = tmp_path / f"dev{next(numbers)}"
            return stack.enter_context(Dev.start(folder, *options, **more))

        yield start
