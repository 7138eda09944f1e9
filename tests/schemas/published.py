"""SignalWire's published schemas, which are theirs and no part of this project.

`RINGBACK_CONTRACT` names the folder that has them as `openapi.json`; where it is unset, what
needs them is skipped and says so.
"""

import copy
import json
import os
import re
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker

SKIPPED = (
    "RINGBACK_CONTRACT does not name a folder with SignalWire's openapi.json: "
    "nothing was held against the published schemas"
)
# The payload of each type of callback.
PAYLOADS = {
    "inbound-call": "InboundCallStatusCallbackPayload",
    "voice": "VoiceStatusCallbackPayload",
    "message": "SmsStatusCallbackPayload",
    "message-json": "Webhooks_Messaging_MessageStatusCallbackPayload",
    "recording": "RecordingStatusCallbackPayload",
    "transcription": "TranscriptionStatusCallbackPayload",
    "ten-dlc": "Webhooks_Messaging_TenDlcStatusCallbackPayload",
}
INT_32 = range(-(2**31), 2**31)
FORMATS = FormatChecker()


@FORMATS.checks("int32")
def _is_int_32(value):
    return not isinstance(value, int) or value in INT_32


def folder():
    """The folder that `RINGBACK_CONTRACT` names; None if it names none."""
    named = os.environ.get("RINGBACK_CONTRACT")
    return Path(named) if named else None


def loosened(value):
    """A schema that lets through what it does not know: our answers may have more in them."""
    match value:
        case dict():
            closed = ("unevaluatedProperties", "additionalProperties")
            return {name: loosened(it) for name, it in value.items() if name not in closed}
        case list():
            return [loosened(it) for it in value]
        case _:
            return value


class Published:
    """The document, and what validates against it."""

    def __init__(self, document):
        self.document = document
        self.loose = loosened(document)
        self._paths = []
        for path in document["paths"]:
            self.add_path(path)

    @classmethod
    def read(cls):
        return cls(json.loads((folder() / "openapi.json").read_text()))

    def payload(self, kind):
        """The closed schema of a type's payload."""
        return self.document["components"]["schemas"][PAYLOADS[kind]]

    def payload_errors(self, kind, value):
        """What is wrong with a callback, in sentences."""
        return self._errors(self.document, self.payload(kind), value)

    def operations(self):
        """Every operation: method, path and what it answers by status."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                if method != "parameters":
                    yield method.upper(), path, operation["responses"]

    def add_path(self, template):
        """From now on `path_of` knows this one too."""
        self._paths.append((re.compile(re.sub(r"\{\w+\}", "[^/]+", template)), template))

    def path_of(self, path):
        """The template that a path is of; None if there is none."""
        path = re.sub(r"^(/api/laml)?/2010-04-01", "/api/laml/2010-04-01", path)
        path = path.removesuffix(".json")
        return next((found for shape, found in self._paths if shape.fullmatch(path)), None)

    def answer_errors(self, response, exchange):
        """What is wrong with an answer, held against the published response of its status."""
        contents = self._resolved(response).get("content", {})
        if not contents:
            return [f"has a body: {exchange.body!r}"] if exchange.body else []
        if exchange.media_type not in contents:
            return [f"is {exchange.media_type or 'of no type'}, not {', '.join(contents)}"]
        schema = loosened(contents[exchange.media_type]["schema"])
        return self._errors(self.loose, schema, exchange.json)

    def _resolved(self, value):
        if "$ref" not in value:
            return value
        found = self.document
        for name in value["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def _errors(self, document, schema, value):
        whole = {**copy.copy(schema), "components": document["components"]}
        validator = Draft202012Validator(whole, format_checker=FORMATS)
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def typed(schema, pairs):
    """A form's values in the types of a flat schema. What is no such value stays a text, which
    the schema does not let through."""
    values = {}
    for name, text in pairs:
        assert name not in values, f"{name} is there twice"
        kind = schema["properties"].get(name, {}).get("type")
        values[name] = int(text) if kind == "integer" and is_whole(text) else text
    return values


def is_whole(text):
    """Whether a text is a whole number as the wire has it: no blank, no sign of plus, no zeros
    in front."""
    return re.fullmatch(r"0|-?[1-9]\d*", text, re.ASCII) is not None
