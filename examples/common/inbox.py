"""The inbox: what was accepted and is still to be done, in SQLite.

A callback is put here, on disk, before it is answered: what we have said yes to survives a crash.
Work is done after the answer, by one thread, and is marked as done in the same transaction as
what the work wrote, so its effects on the database happen once. What has effects elsewhere (a
message, a mail) is work of its own, with `tried` to tell it that it may have happened already.
"""

import json
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from common.callback import Callback

SCHEMA = """
CREATE TABLE IF NOT EXISTS work (
    key TEXT PRIMARY KEY,   -- the same however often it arrives
    task TEXT NOT NULL,     -- who does it: a route, or the name of a task
    data TEXT NOT NULL,     -- JSON
    came REAL NOT NULL,     -- when it was accepted, in seconds since 1970
    due REAL NOT NULL,      -- not before
    tries INTEGER NOT NULL DEFAULT 0,
    done REAL               -- when it was done
);
CREATE INDEX IF NOT EXISTS work_by_due ON work (due) WHERE done IS NULL;
"""
# A callback is tried for three days, so after a week nobody sends one again.
KEPT_S = 7 * 86_400
LONGEST_PAUSE_S = 60.0


@dataclass
class Work:
    """Something to be done. What it writes to `db` counts if it returns, not if it raises."""

    db: sqlite3.Connection
    key: str
    task: str
    data: dict[str, str]
    # When it was accepted, in seconds since 1970.
    came: float
    # Whether somebody began this before and did not come to the end of it.
    tried: bool

    @property
    def text(self) -> str:
        """The data as JSON."""
        return json.dumps(self.data)

    @property
    def callback(self) -> Callback:
        return Callback(self.data)

    def later(self, task: str, key: str, **data: str) -> None:
        """Has another task done, once for each key; nothing if this work fails."""
        put(self.db, f"{task}/{key}", task, data)


class Inbox:
    """Work by the order in which it is due. `put` from any thread, the rest from one."""

    def __init__(self, file: Path, schema: str) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._accepting = connect(file)
        self._accepting.executescript(SCHEMA + schema)
        self._working = connect(file)
        with self._working as db:
            db.execute("DELETE FROM work WHERE done < ?", (time.time() - KEPT_S,))

    def put(self, key: str, task: str, data: dict[str, str]) -> None:
        """Accepts it. It is on disk when this returns; one that is known is left as it is."""
        with self._lock, self._accepting as db:
            put(db, key, task, data)

    def next(self) -> Work | None:
        """The first that is due."""
        row = self._working.execute(
            "SELECT key, task, data, came, tries FROM work WHERE done IS NULL AND due <= ? "
            "ORDER BY due, rowid LIMIT 1",
            (time.time(),),
        ).fetchone()
        if row is None:
            return None
        key, task, data, came, tries = row
        return Work(self._working, key, task, json.loads(data), came, tries > 0)

    def begin(self, work: Work) -> None:
        """Notes that it was begun: after a crash it may have happened."""
        with self._working as db:
            db.execute("UPDATE work SET tries = tries + 1 WHERE key = ?", (work.key,))

    def finish(self, work: Work) -> None:
        """Done, in one commit with all that it wrote."""
        with self._working as db:
            db.execute("UPDATE work SET done = ? WHERE key = ?", (time.time(), work.key))

    def put_off(self, work: Work) -> float:
        """Forgets what it wrote, and makes it due later, each time twice as much; in seconds."""
        self._working.rollback()
        with self._working as db:
            [tries] = db.execute("SELECT tries FROM work WHERE key = ?", (work.key,)).fetchone()
            pause = min(0.25 * 2 ** min(tries, 16), LONGEST_PAUSE_S)
            db.execute("UPDATE work SET due = ? WHERE key = ?", (time.time() + pause, work.key))
        return pause

    def read(self) -> sqlite3.Connection:
        """A connection of the caller's own, to look at what there is."""
        return connect(self.file)


def put(db: sqlite3.Connection, key: str, task: str, data: dict[str, str]) -> None:
    db.execute(
        "INSERT OR IGNORE INTO work (key, task, data, came, due) VALUES (?, ?, ?, ?4, ?4)",
        (key, task, json.dumps(data), time.time()),
    )


def connect(file: Path) -> sqlite3.Connection:
    """A connection whose commits are on disk when they return."""
    db = sqlite3.connect(file, timeout=5.0, check_same_thread=False)
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
    return db
