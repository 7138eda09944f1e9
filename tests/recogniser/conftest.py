"""Fixtures: a real recogniser and a real voice, both from PyPI, and a receiver."""

import threading

import pytest
from werkzeug.serving import make_server

from recogniser.app import app
from support.receiver import Receiver


@pytest.fixture(scope="session")
def recogniser():
    """The URL of its endpoint, on a free port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/audio/transcriptions"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def receiver():
    with Receiver() as receiver:
        yield receiver
