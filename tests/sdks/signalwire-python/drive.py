"""Drives `ringback dev` with PyPI `signalwire` 2.x, as docs/sdks.md sets it up."""

from signalwire.request_validator import RequestValidator
from signalwire.rest import Client
from twilio.base.exceptions import TwilioRestException

from application import CA, HOST, KEY, PROJECT, TOKEN, is_json, parameters
from operations import drive


def client_with(token):
    client = Client(PROJECT, token, signalwire_space_url=HOST)
    client.http_client.session.verify = CA
    return client


def verified(callback):
    given = callback["body"] if is_json(callback) else parameters(callback)
    signature = callback["headers"]["x-signalwire-signature"]
    return RequestValidator(KEY).validate(callback["url"], given, signature)


drive(client_with(TOKEN), client_with("wrong"), TwilioRestException, verified)
