-- Times are microseconds since 1970 (UTC); digests are raw octets.

CREATE TABLE tokens (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    digest     BYTEA NOT NULL UNIQUE,
    scopes     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);

CREATE TABLE verifications (
    id         TEXT PRIMARY KEY,
    token_id   TEXT NOT NULL REFERENCES tokens (id),
    created_at BIGINT NOT NULL,
    verdict    TEXT NOT NULL,
    report     BYTEA,
    expires_at BIGINT NOT NULL
);

CREATE INDEX verifications_expiry ON verifications (expires_at) WHERE report IS NOT NULL;

CREATE TABLE idempotency_keys (
    token_id        TEXT NOT NULL REFERENCES tokens (id),
    key             TEXT NOT NULL,
    fingerprint     BYTEA NOT NULL,
    verification_id TEXT NOT NULL REFERENCES verifications (id),
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (token_id, key)
);

CREATE INDEX idempotency_keys_of ON idempotency_keys (verification_id);
