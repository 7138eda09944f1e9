"""Waiting for a condition, with a deadline: tests never sleep and hope."""

import time

PAUSE_S = 0.01


def wait_for(condition, what, within_s=20.0):
    """The first truthy value of `condition()`; fails with `what` after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:g} s: {what() if callable(what) else what}")
        time.sleep(PAUSE_S)
