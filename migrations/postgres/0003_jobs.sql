-- Work that one instance at a time does. `due_at` is when somebody may take it: for what nobody works on, not before; for
-- what `holder` works on, the end of the lease; for what was given up (a dead letter), never. `attempts` counts how often
-- it was taken: with `holder` it tells one lease from every other.
CREATE TABLE jobs (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at     BIGINT,
    attempts   BIGINT NOT NULL,
    holder     TEXT,
    last_error TEXT,
    UNIQUE (kind, subject)
);

CREATE INDEX jobs_due ON jobs (kind, due_at);

-- Verifications that were accepted and are not done: all that is needed to do them, the documents apart. The row goes with
-- the writing of the report. Where the document cannot be examined the row stays, with `problem` and without people.
CREATE TABLE verification_requests (
    id              TEXT PRIMARY KEY,
    token_id        TEXT NOT NULL REFERENCES tokens (id),
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    name            TEXT,
    fiscal_code     TEXT,
    at              BIGINT,
    document_sha256 BYTEA NOT NULL,
    detached_sha256 BYTEA,
    expected_sha256 BYTEA,
    problem         TEXT,
    problem_detail  TEXT,
    problem_english TEXT
);

CREATE INDEX verification_requests_expiry ON verification_requests (expires_at);

-- A key may be of a request that is not done: it refers to either table.
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_verification_id_fkey;
