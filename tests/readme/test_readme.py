"""The README's examples, copied and run as they stand."""

import pytest

from readme.blocks import appear_in_order, blocks
from readme.examples import Examples
from support.dev import ROOT, Dev

README = ROOT / "README.md"


def test_the_readmes_examples_run_as_they_stand(tmp_path):
    marked = blocks(README.read_text())
    runnable = [block for block in marked if block.role == "test"]
    assert any(block.language == "python" for block in runnable), "no example in Python"
    with Dev.start(tmp_path / "dev") as dev, Examples(tmp_path, dev) as examples:
        for block in runnable:
            examples.run(block)
        for block in marked:
            if block.role == "output":
                examples.check(block)


def test_a_marked_block_is_found_and_its_output_compared():
    markdown = (
        "text\n<!-- test: first -->\n```python\nprint(1)\n```\n\n"
        "<!-- test: app background -->\n```sh\nserve\n```\n"
        "<!-- output: first -->\n\n```text\ncall ... ringing\n```\n"
    )
    first, app, output = blocks(markdown)
    assert (first.language, first.text, first.background) == ("python", "print(1)\n", False)
    assert (app.name, app.background) == ("app", True)
    assert appear_in_order(output.text, "x\ncall 7 is ringing\n") is None
    assert appear_in_order(output.text, "x\ncall 7\n") == "call ... ringing"


def test_a_mark_without_a_block_is_noticed():
    with pytest.raises(AssertionError, match="1 marks, but 0"):
        blocks("<!-- test: lost -->\nprose\n")
