"""The walk through the registry of docs/10dlc.md, run as it stands."""

from readme.blocks import blocks
from readme.examples import Examples
from support.dev import ROOT, Dev

PAGE = ROOT / "docs" / "10dlc.md"


def test_the_registry_is_walked_through_as_documented(tmp_path):
    walk, output = (block for block in blocks(PAGE.read_text()) if block.name == "registry")
    with Dev.start(tmp_path / "dev") as dev, Examples(tmp_path, dev) as examples:
        examples.run(walk)
        examples.check(output)
