BEGIN TRANSACTION;
CREATE TABLE attempt (
    ordinal        INTEGER PRIMARY KEY,
    callback       INTEGER NOT NULL,
    number         INTEGER NOT NULL,
    started_us     INTEGER NOT NULL,
    dns_us         INTEGER,
    connect_us     INTEGER,
    tls_us         INTEGER,
    first_byte_us  INTEGER,
    total_us       INTEGER NOT NULL,
    url            TEXT,
    headers        TEXT    NOT NULL,
    answer_status  INTEGER,
    answer_headers TEXT,
    excerpt        BLOB,
    note           TEXT,
    code           TEXT,
    detail         TEXT
) STRICT;
INSERT INTO "attempt" VALUES(1,1,1,1725000020123456,NULL,150,2500,3001,3100,NULL,''||char(4)||'localhost
'||char(5)||'0.1.0
'||char(12)||char(1)||'',200,'server: werkzeug',X'6F6BFF','11750',NULL,NULL);
INSERT INTO "attempt" VALUES(2,2,1,1725000020123456,NULL,NULL,NULL,NULL,0,'http://localhost:3000/elsewhere','content-type: application/x-www-form-urlencoded
host: localhost',NULL,NULL,NULL,NULL,'11200','Nobody listens there. Start the application.');
CREATE TABLE callback (
    position        INTEGER PRIMARY KEY,
    id              BLOB    NOT NULL,
    resource        INTEGER NOT NULL,
    destination     INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    status          TEXT    NOT NULL,
    url             TEXT    NOT NULL,
    method          TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    depth           INTEGER NOT NULL,
    recorded_us     INTEGER NOT NULL,
    state           TEXT    NOT NULL,
    due_us          INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    first_failed_us INTEGER,
    settled_us      INTEGER,
    redacted        INTEGER NOT NULL
, encoding TEXT, replayed_us INTEGER, replayed_after INTEGER) STRICT;
INSERT INTO "callback" VALUES(1,X'0191D9C82F6B7C9A0000000000000102',1,1,1,'delivered','http://localhost:3000/status','POST','MessageSid=1&Body=%D1%88',3,1725000010123456,'set aside',1725000070123456,1,NULL,NULL,0,NULL,1725000060123456,1);
INSERT INTO "callback" VALUES(2,X'0191D9C82F6B7C9A0000000000000202',1,2,1,'delivered','https://example.test:443/status','POST','MessageSid=1&Body=%D1%88',3,1725000017123456,'set aside',1725000087123456,1,1725000022123456,NULL,0,NULL,NULL,NULL);
INSERT INTO "callback" VALUES(3,X'0191D9C82F6B7C9A0000000000000302',2,2,1,'delivered','https://example.test:443/status','POST','MessageSid=1&Body=%D1%88',3,1725000017123456,'pending',1725000017123456,0,NULL,NULL,0,NULL,NULL,NULL);
INSERT INTO "callback" VALUES(4,X'0191D9C82F6B7C9A0000000000000402',7,1,1,'delivered','http://localhost:3000/status','POST','{"id":1}',3,1725000010123456,'pending',1725000010123456,0,NULL,NULL,0,'json',NULL,NULL);
CREATE TABLE change (
    resource    INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    from_status TEXT,
    status      TEXT    NOT NULL,
    facts       TEXT,
    gap         INTEGER NOT NULL,
    at_us       INTEGER NOT NULL, event_id TEXT, occurred_us INTEGER,
    PRIMARY KEY (resource, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO "change" VALUES(1,0,NULL,'queued',NULL,0,1725000001123456,NULL,NULL);
INSERT INTO "change" VALUES(2,0,NULL,'queued',NULL,0,1725000002123456,NULL,NULL);
INSERT INTO "change" VALUES(2,1,'queued','busy','{"sip":486,"quality":{"mos":433,"avg_ms":20,"in_dtmf":1,"in_flush":2,"jitter_max_ms":3,"jitter_min_ms":4,"buffer":5,"in_media":600,"in_skip":7,"out_dtmf":8,"out_media":900},"hangup":"callee","answered_by":"machine","error":"13227"}',0,1725000009123456,NULL,NULL);
INSERT INTO "change" VALUES(3,0,NULL,'queued',NULL,0,1725000003123456,NULL,NULL);
INSERT INTO "change" VALUES(4,0,NULL,'queued',NULL,0,1725000004123456,NULL,NULL);
INSERT INTO "change" VALUES(5,0,NULL,'queued',NULL,0,1725000005123456,NULL,NULL);
INSERT INTO "change" VALUES(6,0,NULL,'in-progress',NULL,0,1725000006123456,NULL,NULL);
INSERT INTO "change" VALUES(7,0,NULL,'pending',NULL,0,1725000007123456,NULL,NULL);
INSERT INTO "change" VALUES(8,0,NULL,'pending',NULL,0,1725000008123456,NULL,NULL);
INSERT INTO "change" VALUES(9,0,NULL,'pending',NULL,0,1725000009123456,NULL,NULL);
INSERT INTO "change" VALUES(10,0,NULL,'pending',NULL,0,1725000010123456,NULL,NULL);
INSERT INTO "change" VALUES(20,0,NULL,'queued',NULL,0,1725000020123456,'e-1',1725000003123456);
CREATE TABLE clock (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    rebased_us INTEGER NOT NULL
) STRICT;
INSERT INTO "clock" VALUES(1,7000000);
CREATE TABLE destination (
    id      INTEGER PRIMARY KEY,
    project BLOB    NOT NULL,
    origin  TEXT    NOT NULL
) STRICT;
INSERT INTO "destination" VALUES(1,X'0191D9C82F6B7C9A0000000000000103','http://localhost:3000');
INSERT INTO "destination" VALUES(2,X'0191D9C82F6B7C9A0000000000000103','https://example.test:443');
CREATE TABLE event (
    key      BLOB    NOT NULL PRIMARY KEY,
    content  BLOB    NOT NULL,
    resource INTEGER NOT NULL,
    verdict  TEXT    NOT NULL,
    seq      INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO "event" VALUES(X'01010101010101010101010101010101',X'02020202020202020202020202020202',20,'skipped',0);
CREATE TABLE project (
    id         BLOB    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    created_us INTEGER NOT NULL,
    settings   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "project" VALUES(X'0191D9C82F6B7C9A0000000000000103','first',1725000001123456,'{"dialect":"signalwire","extra_headers":"on","failure_url":"","inbound_detail":"collapsed","ordering":"strict","profile":"durable","sip_480":"no-answer","sip_600":"busy","sip_603":"failed","ten_dlc_body":"json"}');
CREATE TABLE rejected (
    number   INTEGER PRIMARY KEY,
    resource INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    status   TEXT    NOT NULL,
    facts    TEXT,
    verdict  TEXT    NOT NULL,
    stood    TEXT    NOT NULL,
    at_us    INTEGER NOT NULL
, event_id TEXT, occurred_us INTEGER) STRICT;
INSERT INTO "rejected" VALUES(1,2,'call','busy','{"sip":486,"quality":{"mos":433,"avg_ms":20,"in_dtmf":1,"in_flush":2,"jitter_max_ms":3,"jitter_min_ms":4,"buffer":5,"in_media":600,"in_skip":7,"out_dtmf":8,"out_media":900},"hangup":"callee","answered_by":"machine","error":"13227"}','repeat','busy',1725000010123456,NULL,NULL);
INSERT INTO "rejected" VALUES(2,20,'call','busy','{"sip":486,"quality":{"mos":433,"avg_ms":20,"in_dtmf":1,"in_flush":2,"jitter_max_ms":3,"jitter_min_ms":4,"buffer":5,"in_media":600,"in_skip":7,"out_dtmf":8,"out_media":900},"hangup":"callee","answered_by":"machine","error":"13227"}','refused','queued',1725000004123456,'e-1',1725000003123456);
CREATE TABLE resource (
    ordinal      INTEGER PRIMARY KEY,
    sid          BLOB    NOT NULL,
    project      BLOB    NOT NULL,
    kind         TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    presence     TEXT    NOT NULL,
    from_address TEXT    NOT NULL,
    to_address   TEXT    NOT NULL,
    parent       BLOB,
    created_us   INTEGER NOT NULL,
    updated_us   INTEGER NOT NULL,
    started_us   INTEGER,
    ended_us     INTEGER,
    next_seq     INTEGER NOT NULL,
    depth        INTEGER NOT NULL,
    data         TEXT    NOT NULL
, external_id TEXT) STRICT;
INSERT INTO "resource" VALUES(1,X'0191D9C82F6B7C9A0000000000000101',X'0191D9C82F6B7C9A0000000000000103','message','queued','here','+15550001111','+15550000001',NULL,1725000001123456,1725000001123456,NULL,NULL,1,2,'{"subscriptions":[{"url":"http://localhost:3000","method":"POST","next_sequence":0}],"body":{"direction":"outbound-api","body":"шлях","media":[{"sid":"0191d9c8-2f6b-7c9a-0000-000000000104","url":"https://example.test/a.png?x"}],"segments":1,"messaging_service":"0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01","validity_us":14400000001,"max_price_micro_usd":5000,"transport":"mms","facts":{}}}',NULL);
INSERT INTO "resource" VALUES(2,X'0191D9C82F6B7C9A0000000000000201',X'0191D9C82F6B7C9A0000000000000103','call','busy','here','+15550001111','sip:bob@example.test',NULL,1725000002123456,1725000009123456,1725000009123456,1725000009123456,2,2,'{"subscriptions":[{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","events":["answered","completed"],"next_sequence":7},{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","events":[],"next_sequence":7}],"body":{"direction":"outbound-dial","document":{"url":{"url":"https://example.test/answer","method":"GET"}},"ring_timeout_us":60000000,"requested":[["SendDigits","ww12#"]],"facts":{"sip":486,"quality":{"mos":433,"avg_ms":20,"in_dtmf":1,"in_flush":2,"jitter_max_ms":3,"jitter_min_ms":4,"buffer":5,"in_media":600,"in_skip":7,"out_dtmf":8,"out_media":900},"hangup":"callee","answered_by":"machine","error":"13227"}}}',NULL);
INSERT INTO "resource" VALUES(3,X'0191D9C82F6B7C9A0000000000000301',X'0191D9C82F6B7C9A0000000000000103','call','queued','here','+15550001111','sip:bob@example.test',NULL,1725000003123456,1725000003123456,NULL,NULL,1,2,'{"subscriptions":[{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","events":["answered","completed"],"next_sequence":7},{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","events":[],"next_sequence":7}],"body":{"direction":"outbound-dial","document":{"url":{"url":"https://example.test/answer","method":"GET"}},"ring_timeout_us":60000000,"requested":[["SendDigits","ww12#"]],"facts":{}}}',NULL);
INSERT INTO "resource" VALUES(4,X'0191D9C82F6B7C9A0000000000000401',X'0191D9C82F6B7C9A0000000000000103','message','queued','here','+15550001111','+15550000004',NULL,1725000004123456,1725000004123456,NULL,NULL,1,2,'{"subscriptions":[{"url":"http://localhost:3000","method":"POST","next_sequence":0}],"body":{"direction":"outbound-api","body":"шлях","media":[{"sid":"0191d9c8-2f6b-7c9a-0000-000000000404","url":"https://example.test/a.png?x"}],"segments":1,"messaging_service":"0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01","validity_us":14400000001,"max_price_micro_usd":5000,"transport":"mms","facts":{}}}',NULL);
INSERT INTO "resource" VALUES(5,X'0191D9C82F6B7C9A0000000000000501',X'0191D9C82F6B7C9A0000000000000103','recording','queued','here','','',X'0191D9C82F6B7C9A0000000000038401',1725000005123456,1725000005123456,NULL,NULL,1,2,'{"subscriptions":[{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","recording_events":["completed","failed"],"next_sequence":7},{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","recording_events":[],"next_sequence":7}],"body":{"conference":"0191d9c8-2f6b-7c9a-0000-000000038901","source":"StartConferenceRecording","channels":2,"track":"both","facts":{}}}',NULL);
INSERT INTO "resource" VALUES(6,X'0191D9C82F6B7C9A0000000000000601',X'0191D9C82F6B7C9A0000000000000103','transcription','in-progress','here','+15550001111','+15550002222',X'0191D9C82F6B7C9A0000000000038A01',1725000006123456,1725000006123456,NULL,NULL,1,2,'{"subscriptions":[{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","recording_events":["completed","failed"],"next_sequence":7},{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","recording_events":[],"next_sequence":7}],"body":{"call":"0191d9c8-2f6b-7c9a-0000-000000038401","call_status":"in-progress","call_direction":"inbound","facts":{}}}',NULL);
INSERT INTO "resource" VALUES(7,X'0191D9C82F6B7C9A0000000000000701',X'0191D9C82F6B7C9A0000000000000103','brand','pending','here','','',NULL,1725000007123456,1725000007123456,NULL,NULL,1,2,'{"subscriptions":[{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","recording_events":["completed","failed"],"next_sequence":7},{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","recording_events":[],"next_sequence":7}],"body":{}}',NULL);
INSERT INTO "resource" VALUES(8,X'0191D9C82F6B7C9A0000000000000801',X'0191D9C82F6B7C9A0000000000000103','campaign','pending','here','','',X'0191D9C82F6B7C9A0000000000038501',1725000008123456,1725000008123456,NULL,NULL,1,2,'{"subscriptions":[{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","recording_events":["completed","failed"],"next_sequence":7},{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","recording_events":[],"next_sequence":7}],"body":{}}',NULL);
INSERT INTO "resource" VALUES(9,X'0191D9C82F6B7C9A0000000000000901',X'0191D9C82F6B7C9A0000000000000103','number_assignment_order','pending','here','','',X'0191D9C82F6B7C9A0000000000038601',1725000009123456,1725000009123456,NULL,NULL,1,2,'{"subscriptions":[{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","recording_events":["completed","failed"],"next_sequence":7},{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","recording_events":[],"next_sequence":7}],"body":{"brand":"0191d9c8-2f6b-7c9a-0000-000000038501"}}',NULL);
INSERT INTO "resource" VALUES(10,X'0191D9C82F6B7C9A0000000000000A01',X'0191D9C82F6B7C9A0000000000000103','number_assignment','pending','here','','+15550003333',X'0191D9C82F6B7C9A0000000000038701',1725000010123456,1725000010123456,NULL,NULL,1,2,'{"subscriptions":[{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","recording_events":["completed","failed"],"next_sequence":7},{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","recording_events":[],"next_sequence":7}],"body":{"brand":"0191d9c8-2f6b-7c9a-0000-000000038501","campaign":"0191d9c8-2f6b-7c9a-0000-000000038601","number":"0191d9c8-2f6b-7c9a-0000-000000038801"}}',NULL);
INSERT INTO "resource" VALUES(20,X'0191D9C82F6B7C9A0000000000001401',X'0191D9C82F6B7C9A0000000000000103','message','queued','here','+15550001111','+15550000020',NULL,1725000020123456,1725000020123456,NULL,NULL,1,2,'{"subscriptions":[{"url":"http://localhost:3000","method":"POST","next_sequence":0}],"body":{"direction":"outbound-api","body":"шлях","media":[{"sid":"0191d9c8-2f6b-7c9a-0000-000000001404","url":"https://example.test/a.png?x"}],"segments":1,"messaging_service":"0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01","validity_us":14400000001,"max_price_micro_usd":5000,"transport":"mms","facts":{}}}','order-7');
CREATE TABLE signing_key (
    project    BLOB    NOT NULL,
    active_us  INTEGER NOT NULL,
    retires_us INTEGER,
    secret     TEXT    NOT NULL,
    PRIMARY KEY (project, active_us)
) STRICT, WITHOUT ROWID;
INSERT INTO "signing_key" VALUES(X'0191D9C82F6B7C9A0000000000000103',1725000001123456,1725003760123456,'PSK_1');
INSERT INTO "signing_key" VALUES(X'0191D9C82F6B7C9A0000000000000103',1725000160123456,NULL,'PSK_2');
CREATE TABLE step (
    resource BLOB    NOT NULL PRIMARY KEY,
    due_us   INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    draw     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "step" VALUES(X'0191D9C82F6B7C9A0000000000000101',1725000012123456,1,-2);
CREATE TABLE token (
    digest     BLOB    NOT NULL PRIMARY KEY,
    project    BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "token" VALUES(X'0101010101010101010101010101010101010101010101010101010101010101',X'0191D9C82F6B7C9A0000000000000103','token 1',1725000001123456);
INSERT INTO "token" VALUES(X'0202020202020202020202020202020202020202020202020202020202020202',X'0191D9C82F6B7C9A0000000000000103','token 2',1725000002123456);
CREATE TABLE warning (
    number   INTEGER PRIMARY KEY,
    resource INTEGER NOT NULL,
    text     TEXT    NOT NULL,
    at_us    INTEGER NOT NULL
) STRICT;
INSERT INTO "warning" VALUES(1,1,'`Boddy` is no parameter',1725000003123456);
CREATE UNIQUE INDEX resource_by_sid ON resource (sid);
CREATE INDEX resource_here ON resource (project, kind, sid) WHERE presence = 'here';
CREATE INDEX step_by_due ON step (due_us, resource);
CREATE INDEX rejected_by_resource ON rejected (resource);
CREATE UNIQUE INDEX destination_by_origin ON destination (project, origin);
CREATE UNIQUE INDEX callback_by_id ON callback (id);
CREATE INDEX callback_by_resource ON callback (resource);
CREATE INDEX callback_pending ON callback (destination) WHERE state = 'pending';
CREATE UNIQUE INDEX attempt_by_callback ON attempt (callback, number);
CREATE INDEX callback_aside ON callback (destination, due_us) WHERE state = 'set aside';
CREATE INDEX warning_by_resource ON warning (resource);
CREATE INDEX token_by_project ON token (project, created_us);
CREATE UNIQUE INDEX resource_by_external ON resource (project, external_id)
    WHERE external_id IS NOT NULL;
COMMIT;
PRAGMA user_version = 5;
