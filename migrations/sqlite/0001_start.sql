-- Times are microseconds since 1970 (UTC); digests are raw octets.

CREATE TABLE tokens (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    digest     BLOB NOT NULL UNIQUE,
    scopes     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE TABLE verifications (
    id         TEXT PRIMARY KEY,
    token_id   TEXT NOT NULL REFERENCES tokens (id),
    created_at INTEGER NOT NULL,
    verdict    TEXT NOT NULL,
    report     BLOB,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX verifications_expiry ON verifications (expires_at) WHERE report IS NOT NULL;

CREATE TABLE idempotency_keys (
    token_id        TEXT NOT NULL REFERENCES tokens (id),
    key             TEXT NOT NULL,
    fingerprint     BLOB NOT NULL,
    verification_id TEXT NOT NULL REFERENCES verifications (id),
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (token_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_of ON idempotency_keys (verification_id);
