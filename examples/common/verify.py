"""Whether a request is the platform's: its signature, by the SDK's own validator.

Two things go wrong in most receivers. The URL has to be the one that was asked for, byte for
byte, and Flask's `request.url` has decoded some of it. And the parameters are those of the body
alone: the query of a POST is in the URL already.
"""

import json

from flask import Request
from signalwire.request_validator import RequestValidator

from common.callback import Callback


def verified(request: Request, signing_key: str) -> Callback | None:
    """The callback, or nothing if anybody else may have sent it."""
    url, signature = raw_url(request), request.headers.get("X-SignalWire-Signature", "")
    validator = RequestValidator(signing_key)
    if request.is_json:
        body = request.get_data(as_text=True)
        params = flat(body)
        genuine = bool(params) and validator.validate(url, body, signature)
    elif request.method == "POST":
        params = request.form.to_dict()
        genuine = validator.validate(url, params, signature)
    else:
        params = request.args.to_dict()
        genuine = validator.validate(url, {}, signature)
    return Callback(params) if genuine else None


def raw_url(request: Request) -> str:
    """The URL as it stood on the wire."""
    target = request.environ.get("REQUEST_URI") or request.environ["RAW_URI"]
    return f"{request.scheme}://{request.host}{target}"


def flat(body: str) -> dict[str, str]:
    """The JSON of a callback, an object of texts; an empty one if it is anything else."""
    try:
        params = json.loads(body)
    except json.JSONDecodeError:
        return {}
    is_flat = isinstance(params, dict) and all(isinstance(each, str) for each in params.values())
    return params if is_flat else {}
