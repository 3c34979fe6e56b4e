-- Work that one instance at a time does. `due_at` is when somebody may take it: for what nobody works on, not before; for
-- what `holder` works on, the end of the lease; for what was given up (a dead letter), never. `attempts` counts how often
-- it was taken: with `holder` it tells one lease from every other.
CREATE TABLE jobs (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at     INTEGER,
    attempts   INTEGER NOT NULL,
    holder     TEXT,
    last_error TEXT,
    UNIQUE (kind, subject)
) STRICT;

CREATE INDEX jobs_due ON jobs (kind, due_at);

-- Verifications that were accepted and are not done: all that is needed to do them, the documents apart. The row goes with
-- the writing of the report. Where the document cannot be examined the row stays, with `problem` and without people.
CREATE TABLE verification_requests (
    id              TEXT PRIMARY KEY,
    token_id        TEXT NOT NULL REFERENCES tokens (id),
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    name            TEXT,
    fiscal_code     TEXT,
    at              INTEGER,
    document_sha256 BLOB NOT NULL,
    detached_sha256 BLOB,
    expected_sha256 BLOB,
    problem         TEXT,
    problem_detail  TEXT,
    problem_english TEXT
) STRICT;

CREATE INDEX verification_requests_expiry ON verification_requests (expires_at);

-- A key may be of a request that is not done: it refers to either table.
CREATE TABLE idempotency_keys_of_either (
    token_id        TEXT NOT NULL REFERENCES tokens (id),
    key             TEXT NOT NULL,
    fingerprint     BLOB NOT NULL,
    verification_id TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (token_id, key)
) STRICT, WITHOUT ROWID;

INSERT INTO idempotency_keys_of_either SELECT token_id, key, fingerprint, verification_id, created_at FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE idempotency_keys_of_either RENAME TO idempotency_keys;
CREATE INDEX idempotency_keys_of ON idempotency_keys (verification_id);
