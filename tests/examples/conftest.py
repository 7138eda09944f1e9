"""Fixtures: a `ringback dev` of the test's own, and an example that hears of it."""

import sys

import pytest

from examples.relay import Relay
from examples.running import Example
from support.dev import ROOT, Dev

sys.path.insert(0, str(ROOT / "examples"))

from common.settings import Settings  # noqa: E402
from traffic import Traffic  # noqa: E402

SEED = 7


@pytest.fixture
def dev(request, tmp_path):
    """The same calls every time, for there is a seed. The parameter is the time scale."""
    scale = getattr(request, "param", 100)
    with Dev.start(tmp_path / "dev", f"--seed={SEED}", time_scale=scale) as dev:
        yield dev


@pytest.fixture
def example(request, tmp_path, dev):
    """Starts an example behind a relay: `example("sms-error-tracker", "--option=..")`."""
    started = []

    def start(name, *options, documents=(), expected=()):
        folder = tmp_path / name
        folder.mkdir()
        relay = Relay(SEED, documents)
        one = Example(name, folder, relay, dev, options, list(expected))
        started.append(one)
        return one.start()

    yield start
    failed = request.session.testsfailed > request.node.failures_before
    for one in started:
        one.close(failed)


@pytest.fixture(autouse=True)
def failures_before(request):
    request.node.failures_before = request.session.testsfailed


@pytest.fixture
def traffic(dev):
    """Makes traffic of which an example is to hear: `traffic(example)`."""

    def to(app):
        """`app` is whoever has a URL."""
        settings = Settings.from_ready_file(dev.folder / "ready.json")
        return Traffic(settings, settings.client(), getattr(app, "url", ""))

    return to
