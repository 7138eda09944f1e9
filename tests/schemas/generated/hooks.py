"""What schemathesis is told of values and types that a schema alone does not say.

Loaded by schemathesis itself, from test_generated. A URL leads to `$SINK`, a receiver of the test's
own: a generated one is sent to, and no test sends a packet beyond loopback.
"""

import json
import os

import schemathesis
from hypothesis import strategies
from schemathesis.core.parameters import ParameterLocation

NDJSON = "application/x-ndjson"
SINK = os.environ["SINK"]
names = strategies.text("abcdefghij0123456789-_", min_size=1, max_size=12)

schemathesis.openapi.format(
    "uri", strategies.builds((SINK + "/{}?a={}#rc=1").format, names, names)
)
schemathesis.openapi.format("error-code", strategies.sampled_from(["30003", "30008", "30022"]))


@schemathesis.serializer(NDJSON)
def write_lines(context, value):
    """Something that is no list is sent as it is: one line."""
    lines = value if isinstance(value, list) else [value]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@schemathesis.deserializer(NDJSON)
def read_lines(context, response):
    return [json.loads(line) for line in response.content.splitlines()]


@schemathesis.check
def refused_by_line(context, response, case):
    """A report that is none is refused by itself: its request succeeds, and says so."""
    if case.operation.label != "POST /v1/changes" or response.status_code >= 400:
        return
    if case.meta.is_negative_at(ParameterLocation.BODY):
        summary = json.loads(response.content.splitlines()[-1])
        assert summary["refused"] > 0, "nothing of what violates the schema was refused"
