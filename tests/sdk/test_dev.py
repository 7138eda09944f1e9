"""`ringback dev` itself: what it leaves behind and what it keeps to itself."""

import json
import os
import stat
from pathlib import Path

from support import contract
from support.sdk import OURS, THEIRS, client_of


def test_the_ready_file_is_complete_and_goes_with_the_process(own_dev):
    dev = own_dev()
    ready = dev.folder / "ready.json"
    found = json.loads(ready.read_text())
    assert set(found) == {
        "http",
        "https",
        "ca_file",
        "pid",
        "project_id",
        "project_alias",
        "api_token",
        "signing_key",
    }
    assert found["pid"] == dev.process.pid
    assert not found["http"].endswith("/")
    assert not found["https"].endswith("/")
    assert dev.stop() == 0
    assert not ready.exists()


def test_only_its_owner_can_read_the_data_folder(own_dev):
    dev = own_dev()
    data = dev.folder / "data"
    for folder, folders, files in os.walk(data):
        modes = {Path(folder, name): 0o600 for name in files}
        for path, expected in {**modes, Path(folder): 0o700}.items():
            if path.name == "ca.pem":
                continue
            assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_what_is_secret_is_not_logged(own_dev, receiver):
    """Not even at the most talkative level; the banner alone shows credentials."""
    dev = own_dev("--log-format=json", env={"RUST_LOG": "trace"})
    client = client_of(dev)
    url = f"http://someone:open-sesame@127.0.0.1:{receiver.port}/status?query=unspoken"
    message = client.messages.create(
        to=THEIRS, from_=OURS, body="my secret words", status_callback=url
    )
    arrivals = receiver.wait(message.sid, contract.DELIVERED_MESSAGE)
    client.messages(message.sid).fetch()
    assert dev.stop() == 0
    said = dev.stdout() + dev.stderr()
    assert message.sid in said
    for secret in (dev.token, dev.key, "open-sesame", "secret words", "secret+words"):
        assert secret not in said, secret
    for arrival in arrivals:
        assert arrival.signature not in said
        assert arrival.headers["webhook-signature"] not in said
    for line in dev.stdout().splitlines():
        assert isinstance(json.loads(line), dict), line


def test_people_see_one_line_for_each_change_and_each_attempt(own_dev, receiver):
    dev = own_dev()
    message = client_of(dev).messages.create(
        to=THEIRS, from_=OURS, body="hello", status_callback=receiver.url()
    )
    receiver.wait(message.sid, contract.DELIVERED_MESSAGE)
    assert dev.stop() == 0
    lines = [line for line in dev.stdout().splitlines() if message.sid[-4:] in line]
    for status in contract.DELIVERED_MESSAGE:
        about = [line for line in lines if f" {status} " in line]
        assert len(about) == 2, f"{status}: {about}"
