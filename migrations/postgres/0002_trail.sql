-- The trail. `previous` and `hash` chain the records, `hash` is a leaf of the tree (RFC 6962); `personal` is the
-- commitment to what audit_personal holds until it is erased.

CREATE TABLE audit_events (
    sequence BIGINT PRIMARY KEY,
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    facts    TEXT NOT NULL,
    personal BYTEA,
    previous BYTEA NOT NULL,
    hash     BYTEA NOT NULL
);

CREATE INDEX audit_events_subject ON audit_events (subject, sequence);

CREATE TABLE audit_personal (
    sequence BIGINT PRIMARY KEY,
    salt     BYTEA NOT NULL,
    content  TEXT NOT NULL
);

-- Heads of complete subtrees: of 256 leaves on level 1, of 65 536 on level 2, and so on.
CREATE TABLE audit_tiles (
    level    BIGINT NOT NULL,
    position BIGINT NOT NULL,
    hash     BYTEA NOT NULL,
    PRIMARY KEY (level, position)
);

CREATE TABLE audit_checkpoints (
    size       BIGINT PRIMARY KEY,
    note       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE audit_head (
    id   BIGINT PRIMARY KEY CHECK (id = 1),
    size BIGINT NOT NULL,
    last BYTEA NOT NULL
);

INSERT INTO audit_head (id, size, last) VALUES (1, 0, decode(repeat('00', 32), 'hex'));
