"""Drives `ringback dev` with PyPI `twilio`, as docs/sdks.md sets it up."""

from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from application import KEY, PROJECT, TOKEN, URL, is_json, parameters
from operations import drive


class RingbackHttpClient(TwilioHttpClient):
    """Sends to Ringback what is meant for Twilio. The CA is named by REQUESTS_CA_BUNDLE."""

    def request(self, method, url, *rest, **more):
        return super().request(method, url.replace("https://api.twilio.com", URL), *rest, **more)


def client_with(token):
    return Client(PROJECT, token, http_client=RingbackHttpClient())


def verified(callback):
    given = callback["body"] if is_json(callback) else parameters(callback)
    signature = callback["headers"]["x-twilio-signature"]
    return RequestValidator(KEY).validate(callback["url"], given, signature)


drive(client_with(TOKEN), client_with("wrong"), TwilioRestException, verified)
