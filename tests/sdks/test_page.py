"""The set-ups of docs/sdks.md, run as they stand, straight against `ringback dev` over https."""

import re

import pytest

from readme.blocks import blocks
from readme.examples import Examples
from sdks.drivers import DRIVERS, FOLDER
from support.dev import ROOT, Dev
from support.waiting import wait_for

EXPORT = re.compile(r"^export (\w+)=(.*)$", re.MULTILINE)
# What is printed of a message, and of a brand.
LIVES = {
    False: ("queued", ["queued", "sending", "sent", "delivered"]),
    True: ("pending", ["completed"]),
}
BLOCKS = {block.name: block for block in blocks((ROOT / "docs/sdks.md").read_text())}


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.name)
def test_a_set_up_sends_and_its_application_verifies(driver, tmp_path):
    folder = tmp_path / "application"
    folder.mkdir()
    if (FOLDER / driver.name / "node_modules").exists():
        (folder / "node_modules").symlink_to(FOLDER / driver.name / "node_modules")
    with (
        Dev.start(tmp_path / "dev") as dev,
        Examples(folder, dev, python=str(driver.command[0])) as examples,
    ):
        environment = BLOCKS.get(f"{driver.name}-environment")
        if environment is not None:
            examples.variables = dict(EXPORT.findall(examples.here(environment.text)))
            assert examples.variables, environment
        application = BLOCKS[f"{driver.name}-application"]
        examples.run(application)
        send = BLOCKS[f"{driver.name}-send"]
        examples.run(send)
        first, later = LIVES[driver.name == "signalwire-sdk"]
        assert re.match(rf"[0-9a-f-]{{36}} {first}$", examples.printed(send))
        printed = [f"verified {status}" for status in later]
        wait_for(
            lambda: all(line in examples.printed(application) for line in printed),
            lambda: f"{printed}; printed:\n{examples.printed(application)}",
        )


def test_every_block_is_of_a_driver():
    names = {f"{driver.name}-" for driver in DRIVERS}
    assert all(any(block.startswith(name) for name in names) for block in BLOCKS)
