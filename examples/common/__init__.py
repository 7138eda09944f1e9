"""What the examples share: a Flask application that never loses a callback it has accepted.

`App` is the whole of it for most readers: each example says which routes it has and what is to be
done with a callback. The parts can be copied apart: `verify` for the signature, `callback` for
order, `inbox` for what was accepted and is still to be done.
"""

from common.app import App
from common.callback import Callback
from common.inbox import Work
from common.settings import Settings
from common.text import table, write_csv

__all__ = ["App", "Callback", "Settings", "Work", "table", "write_csv"]
