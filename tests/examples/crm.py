"""HubSpot and Salesforce, as far as a call log needs them, on loopback.

Each request is held against what is documented; `refused` says what did not fit. Records are kept
by the key that the caller chose, so one that is told twice is there once, as with them. At first
both are down: they answer 503. Once they are back, each loses its first answer after it wrote.

HubSpot: developers.hubspot.com/docs/guides/api/crm/engagements/calls (properties), and the batch
upsert of CRM objects (`inputs` of `idProperty`, `id`, `properties`). Salesforce: the REST API's
upsert by external id, and the fields of Task in the object reference.
"""

import re
import threading

from flask import Flask, jsonify, request
from werkzeug.serving import make_server

HUBSPOT_PROPERTIES = {
    "hs_timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\d{13}",
    "hs_call_title": r".+",
    "hs_call_body": r".*",
    "hs_call_direction": r"INBOUND|OUTBOUND",
    "hs_call_disposition": r"[0-9a-f-]{36}",
    "hs_call_duration": r"\d+",
    "hs_call_from_number": r"\+\d+",
    "hs_call_to_number": r"\+\d+",
    "hs_call_recording_url": r"https://.+",
    "hs_call_status": r"BUSY|CALLING_CRM_USER|CANCELED|COMPLETED|CONNECTING|FAILED|IN_PROGRESS"
    r"|NO_ANSWER|QUEUED|RINGING",
    # Of our own making, with unique values.
    "call_sid": r"[0-9a-f-]{36}",
}
TASK_FIELDS = {
    "Subject": r".{1,255}",
    "TaskSubtype": r"Task|Email|ListEmail|Cadence|Call|LinkedIn",
    "Status": r"Not Started|In Progress|Completed|Waiting on someone else|Deferred",
    "Priority": r"High|Normal|Low",
    "ActivityDate": r"\d{4}-\d\d-\d\d",
    "CallType": r"Inbound|Internal|Outbound",
    "CallDisposition": r".{0,255}",
    "CallObject": r".{0,255}",
    "Description": r".{0,32000}",
}


class Crm:
    def __init__(self):
        self.hubspot, self.salesforce = {}, {}
        self.refused = []
        self.turned_away = 0
        self.answers_lost = 0
        self._down = True
        self._loses = {"hubspot", "salesforce"}
        app = Flask("crm")
        app.before_request(self._turn_away)
        app.post("/crm/v3/objects/calls/batch/upsert")(self._upsert_calls)
        app.patch("/services/data/<version>/sobjects/Task/Call_Sid__c/<sid>")(self._upsert_task)
        self._server = make_server("127.0.0.1", 0, app, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def come_back(self):
        self._down = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _turn_away(self):
        if self._down:
            self.turned_away += 1
            return "down for maintenance", 503
        if not re.fullmatch(r"Bearer .*", request.headers.get("Authorization", "")):
            self.refused.append("no bearer token")
            return "", 401
        return None

    def _upsert_calls(self):
        results = []
        body = request.get_json()
        if set(body) != {"inputs"} or not 1 <= len(body["inputs"]) <= 100:
            return self._refuse("a batch has 1 to 100 inputs", 400)
        for one in body["inputs"]:
            trouble = hubspot_trouble(one)
            if trouble:
                return self._refuse(trouble, 207, {"status": "COMPLETE", "numErrors": 1})
            new = one["id"] not in self.hubspot
            self.hubspot[one["id"]] = one["properties"]
            results.append({"id": str(len(self.hubspot)), "new": new})
        return self._answer("hubspot", {"status": "COMPLETE", "results": results}, 200)

    def _upsert_task(self, version, sid):
        fields = request.get_json()
        trouble = task_trouble(version, fields)
        if trouble:
            return self._refuse(trouble, 400)
        created = sid not in self.salesforce
        self.salesforce[sid] = fields
        made = {"id": "00T000000000001AAA", "success": True, "errors": [], "created": created}
        return self._answer("salesforce", made, 201 if created else 200)

    def _answer(self, crm, body, status):
        if crm in self._loses:
            self._loses.remove(crm)
            self.answers_lost += 1
            return "the gateway lost the answer", 502
        return jsonify(body), status

    def _refuse(self, trouble, status, body=None):
        self.refused.append(trouble)
        return jsonify(body or [{"message": trouble, "errorCode": "INVALID_FIELD"}]), status


def hubspot_trouble(one):
    """What is wrong with an input of the batch; None if nothing is."""
    if set(one) != {"idProperty", "id", "properties"}:
        return f"an input has {set(one)}"
    properties = one["properties"]
    if one["idProperty"] != "call_sid" or properties.get("call_sid", one["id"]) != one["id"]:
        return "the id is not that of the unique property"
    if "hs_timestamp" not in properties:
        return "hs_timestamp is required"
    return mismatch(properties, HUBSPOT_PROPERTIES)


def task_trouble(version, fields):
    if not re.fullmatch(r"v\d\d\.0", version):
        return f"no version {version}"
    texts = dict(fields)
    if not isinstance(texts.pop("CallDurationInSeconds", 0), int):
        return "CallDurationInSeconds is an int"
    # The external id is in the path, and nowhere else.
    return mismatch(texts, TASK_FIELDS)


def mismatch(fields, documented):
    for name, value in fields.items():
        pattern = documented.get(name)
        if pattern is None:
            return f"there is no {name}"
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.DOTALL):
            return f"{name} cannot be {value!r}"
    return None
