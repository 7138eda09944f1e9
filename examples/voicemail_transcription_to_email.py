"""Voicemail transcription to email: a caller leaves a message, its text comes by mail.

Give a number `…/voice_entry` as its VoiceUrl. The rest is said by the document: where the recording
is told, where its text goes. Mail is handed to an SMTP server, again until that takes it.
"""

import smtplib
import sqlite3
from email.message import EmailMessage

from common import App, Callback, Work, table

ENTRY = """<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Say>Please leave a message after the tone. Hang up when you are done.</Say>
  <Record maxLength="60" playBeep="true" action="/hangup" transcribe="true"
          transcribeCallback="/transcribe_webhook"
          recordingStatusCallback="/recording_webhook"/>
</Response>
"""
HANGUP = '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Hangup/></Response>\n'
SMTP_TIMEOUT_S = 10

app = App(
    "voicemail-transcription-to-email",
    """
    CREATE TABLE IF NOT EXISTS recording (sid TEXT PRIMARY KEY, seconds INTEGER, url TEXT);
    CREATE TABLE IF NOT EXISTS mail (sid TEXT PRIMARY KEY, subject TEXT, text TEXT);
    """,
)
app.option("--smtp", "127.0.0.1:1025", "host and port of the mail server")
app.option("--to", "office@example.com", "who is written to")
app.option("--sender", "voicemail@example.com", "who writes")


@app.document("/voice_entry")
def voice_entry(_: Callback) -> str:
    return ENTRY


@app.document("/hangup")
def hangup(_: Callback) -> str:
    return HANGUP


@app.callback("/recording_webhook")
def recorded(work: Work) -> None:
    recording = work.callback
    app.log(f"hears of recording {recording.sid}: {recording.status}")
    work.db.execute(
        "INSERT OR REPLACE INTO recording VALUES (?, ?, ?)",
        (recording.sid, recording["RecordingDuration"], recording["RecordingUrl"]),
    )


@app.callback("/transcribe_webhook")
def transcribed(work: Work) -> None:
    """One mail for each transcription. The recording's callback may come after this one."""
    spoken = work.callback
    caller = spoken["From"] or "somebody"
    work.later(
        "mail",
        spoken.sid,
        sid=spoken.sid,
        recording=spoken["RecordingSid"],
        subject=f"Voicemail from {caller}",
        text=spoken["TranscriptionText"] or "Nothing could be written down.",
        url=spoken["RecordingUrl"],
        seconds=spoken["RecordingDuration"],
    )


@app.task("mail")
def mail(work: Work) -> None:
    """Hands it to the mail server. Repeated, it has the same Message-ID, so readers show one."""
    data = work.data
    [seconds] = work.db.execute(
        "SELECT coalesce((SELECT seconds FROM recording WHERE sid = ?), ?)",
        (data["recording"], data["seconds"]),
    ).fetchone()
    letter = EmailMessage()
    letter["From"], letter["To"] = app.options.sender, app.options.to
    letter["Subject"] = data["subject"]
    letter["Message-ID"] = f"<{data['sid']}@voicemail.example.com>"
    letter.set_content(f"{data['text']}\n\n{seconds} seconds: {data['url']}\n")
    host, _, port = app.options.smtp.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=SMTP_TIMEOUT_S) as server:
        server.send_message(letter)
    sent = (data["sid"], data["subject"], data["text"])
    work.db.execute("INSERT OR IGNORE INTO mail VALUES (?, ?, ?)", sent)


@app.report
def report(db: sqlite3.Connection) -> str:
    rows = db.execute("SELECT * FROM mail ORDER BY rowid").fetchall()
    return f"{len(rows)} mails sent\n{table(['Transcription SID', 'Subject', 'Text'], rows)}"


if __name__ == "__main__":
    app.run()
