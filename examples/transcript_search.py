"""Transcript search: what was said on calls, stored, searched, and handed on.

Give a `<Record transcribe="true">` `…/transcripts` as its transcribeCallback. `/?q=refund` finds
what has the word, `/search?q=refund` answers in JSON; with --forward each transcript goes on to a
URL of yours as JSON, until that takes it.
"""

import html
import sqlite3

import requests
from flask import Response, jsonify, request

from common import App, Work, table

FORWARD_TIMEOUT_S = 10
MOST_FOUND = 50

app = App(
    "transcript-search",
    """
    CREATE TABLE IF NOT EXISTS transcript (
        id INTEGER PRIMARY KEY, sid TEXT UNIQUE, call TEXT, "from" TEXT, recording_url TEXT,
        text TEXT, forwarded TEXT DEFAULT 'no'
    );
    CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
        text, content = 'transcript', content_rowid = 'id', tokenize = 'porter unicode61'
    );
    CREATE TRIGGER IF NOT EXISTS transcript_words AFTER INSERT ON transcript BEGIN
        INSERT INTO words (rowid, text) VALUES (new.id, new.text);
    END;
    """,
)
app.option("--forward", "", "a URL that each transcript is posted to")


@app.callback("/transcripts")
def store(work: Work) -> None:
    spoken = work.callback
    if spoken.status != "completed":
        app.log(f"hears that {spoken.sid} could not be written down")
        return
    text, call = spoken["TranscriptionText"], spoken["CallSid"]
    work.db.execute(
        'INSERT OR IGNORE INTO transcript (sid, call, "from", recording_url, text) '
        "VALUES (?, ?, ?, ?, ?)",
        (spoken.sid, call, spoken["From"], spoken["RecordingUrl"], text),
    )
    if app.options.forward:
        work.later("forward", spoken.sid, sid=spoken.sid, call_sid=call, text=text)


@app.task("forward")
def forward(work: Work) -> None:
    """It may come twice, so it goes with a key: what has the same one is the same transcript."""
    answer = requests.post(
        app.options.forward,
        json=work.data,
        headers={"Idempotency-Key": work.data["sid"]},
        timeout=FORWARD_TIMEOUT_S,
    )
    answer.raise_for_status()
    work.db.execute("UPDATE transcript SET forwarded = 'yes' WHERE sid = ?", (work.data["sid"],))


def found(db: sqlite3.Connection, query: str) -> list[dict[str, str]]:
    """The transcripts that have all the words, the best first."""
    # In quotes a word is a word, whatever FTS5 would make of its characters.
    words = " ".join('"{}"'.format(word.replace('"', '""')) for word in query.split())
    if not words:
        return []
    rows = db.execute(
        'SELECT sid, call, "from", recording_url, transcript.text, '
        "snippet(words, 0, char(2), char(3), '…', 12) "
        "FROM words JOIN transcript ON transcript.id = words.rowid "
        "WHERE words MATCH ? ORDER BY rank LIMIT ?",
        (words, MOST_FOUND),
    )
    names = ("sid", "call", "from", "recording_url", "text", "snippet")
    return [dict(zip(names, row, strict=True)) for row in rows]


@app.flask.get("/search")
def search() -> Response:
    return jsonify(asked())


@app.flask.get("/")
def page() -> str:
    query = html.escape(request.args.get("q", ""))
    items = "".join(
        f"<li><p>{marked(one['snippet'])}</p><p>{html.escape(one['from'])} "
        f'<a href="{html.escape(one["recording_url"])}">listen</a></p></li>'
        for one in asked()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Transcripts</title>'
        f'<form><label>Words <input name="q" value="{query}" autofocus></label></form>'
        f"<ol>{items}</ol></html>"
    )


def asked() -> list[dict[str, str]]:
    db = app.inbox.read()
    try:
        return found(db, request.args.get("q", ""))
    finally:
        db.close()


def marked(snippet: str) -> str:
    """As HTML: what a caller says is text, whatever it looks like."""
    return html.escape(snippet).replace("\x02", "<mark>").replace("\x03", "</mark>")


@app.report
def report(db: sqlite3.Connection) -> str:
    rows = db.execute('SELECT "from", forwarded, text FROM transcript ORDER BY text').fetchall()
    return f"{len(rows)} transcripts\n{table(['From', 'Forwarded', 'Text'], rows)}"


if __name__ == "__main__":
    app.run()
