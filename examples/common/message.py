"""Sending one message, once, although nobody can promise that.

Creating a message is the one thing here that is not repeatable: when the connection breaks or
this process dies before the answer is here, it may have been sent. So whoever tries again looks
first. The body has to be one that no other message to that number has: name a SID in it.
"""

from signalwire.rest import Client

# A message has room for so many characters.
BODY_LIMIT = 1600
# How many messages between the two numbers are looked through, the newest first.
LOOKED_AT = 200


def send_once(client: Client, *, to: str, from_: str, body: str, tried: bool) -> str:
    """Sends it unless an earlier try did; its SID."""
    if tried:
        for message in client.messages.list(to=to, from_=from_, limit=LOOKED_AT):
            if message.body == body:
                return message.sid
    return client.messages.create(to=to, from_=from_, body=body).sid
