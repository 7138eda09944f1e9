"""A mail server for one receiver: takes what SMTP hands it, or is away for a while.

Only what smtplib needs (RFC 5321): EHLO, MAIL, RCPT, DATA, QUIT.
"""

import email
import email.policy
import socketserver
import threading


class Mailbox:
    """Keeps every letter. `away` of the first connections are sent off with 421."""

    def __init__(self, away=0):
        self.letters = []
        self.away = away
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), session(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def address(self):
        return "127.0.0.1:{}".format(self._server.server_address[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def session(mailbox):
    class Session(socketserver.StreamRequestHandler):
        timeout = 20

        def handle(self):
            if mailbox.away > 0:
                mailbox.away -= 1
                self.say("421 come back later")
                return
            self.say("220 mailbox")
            while line := self.rfile.readline(1000):
                word = line.split(b":")[0].split()[0].upper()
                if word == b"DATA":
                    self.say("354 go ahead")
                    self.take()
                    self.say("250 taken")
                elif word == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 fine")

        def take(self):
            lines = []
            while (line := self.rfile.readline(1000)) not in (b".\r\n", b""):
                lines.append(line[1:] if line.startswith(b"..") else line)
            letter = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
            mailbox.letters.append(letter)

        def say(self, text):
            self.wfile.write(text.encode() + b"\r\n")

    return Session
