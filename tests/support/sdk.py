"""The unmodified SDK of PyPI, pointed at a running `ringback dev`."""

import itertools
import time

from signalwire.rest import Client
from signalwire.request_validator import RequestValidator

ADDRESS = "https://127.0.0.1"
OURS = "+15550100001"
# Answered or delivered by the simulated network: no special ending.
THEIRS = "+15550100002"
DOCUMENT = "https://app.example/voice.xml"

_numbers = itertools.count(int(time.time()) % 1000 * 1000)


def client_of(dev, token=None, project=None):
    """As our README has it: host and port alone, and the CA given to the session."""
    client = Client(
        project or dev.project,
        token or dev.token,
        signalwire_space_url=dev.https.removeprefix("https://"),
    )
    client.http_client.session.verify = dev.ca
    return client


def own_number():
    """A number that no other test uses, with no special ending."""
    return f"+1777{next(_numbers):06d}1"


def verified(key, arrival, url=None):
    """Whether the SDK's validator accepts the request: by Flask's URL, or by `url`."""
    params = arrival.form if arrival.method == "POST" else {}
    return RequestValidator(key).validate(url or arrival.url, params, arrival.signature)


def assert_verified(key, arrival, url=None):
    url = url or arrival.url
    assert verified(key, arrival, url), f"{arrival.method} {arrival.target}, seen as {url}"
