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
) STRICT;
INSERT INTO "callback" VALUES(1,X'0191D9C82F6B7C9A0000000000000102',1,1,1,'delivered','http://localhost:3000/status','POST','MessageSid=1&Body=%D1%88',3,1725000010123456,'delivered',1725000010123456,1,NULL,1725000021123456,0);
INSERT INTO "callback" VALUES(2,X'0191D9C82F6B7C9A0000000000000202',1,2,1,'delivered','https://example.test:443/status','POST','MessageSid=1&Body=%D1%88',3,1725000017123456,'set aside',1725000087123456,1,1725000022123456,NULL,0);
INSERT INTO "callback" VALUES(3,X'0191D9C82F6B7C9A0000000000000302',2,2,1,'delivered','https://example.test:443/status','POST','MessageSid=1&Body=%D1%88',3,1725000017123456,'pending',1725000017123456,0,NULL,NULL,0);
CREATE TABLE change (
    resource    INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    from_status TEXT,
    status      TEXT    NOT NULL,
    facts       TEXT,
    gap         INTEGER NOT NULL,
    at_us       INTEGER NOT NULL,
    PRIMARY KEY (resource, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO "change" VALUES(1,0,NULL,'queued',NULL,0,1725000001123456);
INSERT INTO "change" VALUES(2,0,NULL,'queued',NULL,0,1725000002123456);
INSERT INTO "change" VALUES(2,1,'queued','busy','{"sip":486,"quality":{"mos":433,"avg_ms":20,"in_dtmf":1,"in_flush":2,"jitter_max_ms":3,"jitter_min_ms":4,"buffer":5,"in_media":600,"in_skip":7,"out_dtmf":8,"out_media":900},"hangup":"callee","answered_by":"machine","error":"13227"}',0,1725000009123456);
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
CREATE TABLE rejected (
    number   INTEGER PRIMARY KEY,
    resource INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    status   TEXT    NOT NULL,
    facts    TEXT,
    verdict  TEXT    NOT NULL,
    stood    TEXT    NOT NULL,
    at_us    INTEGER NOT NULL
) STRICT;
INSERT INTO "rejected" VALUES(1,2,'call','busy','{"sip":486,"quality":{"mos":433,"avg_ms":20,"in_dtmf":1,"in_flush":2,"jitter_max_ms":3,"jitter_min_ms":4,"buffer":5,"in_media":600,"in_skip":7,"out_dtmf":8,"out_media":900},"hangup":"callee","answered_by":"machine","error":"13227"}','repeat','busy',1725000010123456);
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
) STRICT;
INSERT INTO "resource" VALUES(1,X'0191D9C82F6B7C9A0000000000000101',X'0191D9C82F6B7C9A0000000000000103','message','queued','here','+15550001111','+15550000001',NULL,1725000001123456,1725000001123456,NULL,NULL,1,2,'{"subscriptions":[{"url":"http://localhost:3000","method":"POST","next_sequence":0}],"body":{"direction":"outbound-api","body":"шлях","media":[{"sid":"0191d9c8-2f6b-7c9a-0000-000000000104","url":"https://example.test/a.png?x"}],"segments":1,"messaging_service":"0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01","validity_us":14400000001,"max_price_micro_usd":5000,"transport":"mms","facts":{}}}');
INSERT INTO "resource" VALUES(2,X'0191D9C82F6B7C9A0000000000000201',X'0191D9C82F6B7C9A0000000000000103','call','busy','here','+15550001111','sip:bob@example.test',NULL,1725000002123456,1725000009123456,1725000009123456,1725000009123456,2,2,'{"subscriptions":[{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","events":["answered","completed"],"next_sequence":7},{"url":"http://user:secret@localhost:3000/status?a=1#profile=durable","method":"GET","events":[],"next_sequence":7}],"body":{"direction":"outbound-dial","document":{"url":{"url":"https://example.test/answer","method":"GET"}},"ring_timeout_us":60000000,"requested":[["SendDigits","ww12#"]],"facts":{"sip":486,"quality":{"mos":433,"avg_ms":20,"in_dtmf":1,"in_flush":2,"jitter_max_ms":3,"jitter_min_ms":4,"buffer":5,"in_media":600,"in_skip":7,"out_dtmf":8,"out_media":900},"hangup":"callee","answered_by":"machine","error":"13227"}}}');
CREATE TABLE step (
    resource BLOB    NOT NULL PRIMARY KEY,
    due_us   INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    draw     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "step" VALUES(X'0191D9C82F6B7C9A0000000000000101',1725000012123456,1,-2);
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
COMMIT;
PRAGMA user_version = 2;
