"""Fixtures: a `ringback dev` in each dialect on which everything happens once, with what its
callbacks and its answers were."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from schemas import published
from schemas.dialects import DIALECTS
from schemas.exchange import Rest
from schemas.scenes import TIME_SCALE, Scenes
from support.dev import Dev
from support.wire import Sockets


@dataclass(frozen=True)
class Told:
    """A callback as it came: its type, its parameters in order, its status."""

    kind: str
    pairs: tuple
    is_json: bool

    @property
    def values(self):
        return dict(self.pairs)


def happen(folder, dialect):
    """Lets everything happen in a dialect; every callback of it, in the order of arrival."""
    with Dev.start(folder, f"--dialect={dialect}", time_scale=TIME_SCALE) as dev:
        with Sockets() as sockets:
            Scenes(Rest(dev), sockets).all()
            return [
                Told(request.path.removeprefix("/"), tuple(request.pairs), request.is_json)
                for request in sockets.requests
                if not request.path.startswith("/document")
            ]


@pytest.fixture(scope="session")
def told(tmp_path_factory):
    """Every callback of every dialect."""
    folders = {dialect: tmp_path_factory.mktemp(dialect) for dialect in DIALECTS}
    with ThreadPoolExecutor(len(DIALECTS)) as pool:
        running = {it: pool.submit(happen, folder, it) for it, folder in folders.items()}
        return {dialect: each.result() for dialect, each in running.items()}


@pytest.fixture(scope="session")
def contract():
    """SignalWire's document; without it a test is skipped."""
    if published.folder() is None:
        pytest.skip(published.SKIPPED)
    return published.Published.read()
