"""A receiver that speaks https, with the certificate that `ringback dev` made for itself."""

import ssl
from pathlib import Path

import pytest

from support import contract
from support.receiver import Receiver
from support.sdk import DOCUMENT, OURS, THEIRS, assert_verified, client_of


@pytest.fixture
def secured(own_dev):
    """A `dev` that trusts its own CA as if it were the system's, and a receiver with its leaf."""
    first = own_dev()
    certificates = Path(first.ca).parent
    assert first.stop() == 0
    dev = own_dev(data=first.folder / "data", env={"SSL_CERT_FILE": first.ca})
    assert Path(dev.ca).read_text() == (certificates / "ca.pem").read_text()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "leaf.pem", certificates / "leaf.key")
    with Receiver(ssl_context=context) as receiver:
        yield dev, client_of(dev), receiver


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("host", ["127.0.0.1", "LOCALHOST"])
def test_a_callback_over_https_verifies(secured, host, method):
    dev, client, receiver = secured
    call = client.calls.create(
        to=THEIRS,
        from_=OURS,
        url=DOCUMENT,
        status_callback=f"https://{host}:{receiver.port}/status",
        status_callback_method=method,
        status_callback_event=contract.CALL_EVENTS,
    )
    for arrival in receiver.wait(call.sid, contract.ANSWERED_CALL):
        assert arrival.url.startswith(f"https://{host.lower()}:")
        assert_verified(dev.key, arrival)


def test_a_redirect_to_plain_http_is_not_followed(secured):
    dev, client, receiver = secured
    with Receiver() as plain:
        receiver.answer(lambda arrival: ("", 307, {"Location": plain.url()}))
        call = client.calls.create(
            to=THEIRS, from_=OURS, url=DOCUMENT, status_callback=receiver.url()
        )
        # The second try shows that the first has come to its end.
        receiver.wait(call.sid, ["completed"] * 2)
        assert plain.arrivals == []
