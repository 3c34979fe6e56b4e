-- The trail. `previous` and `hash` chain the records, `hash` is a leaf of the tree (RFC 6962); `personal` is the
-- commitment to what audit_personal holds until it is erased.

CREATE TABLE audit_events (
    sequence INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    facts    TEXT NOT NULL,
    personal BLOB,
    previous BLOB NOT NULL,
    hash     BLOB NOT NULL
) STRICT;

CREATE INDEX audit_events_subject ON audit_events (subject, sequence);

CREATE TABLE audit_personal (
    sequence INTEGER PRIMARY KEY,
    salt     BLOB NOT NULL,
    content  TEXT NOT NULL
) STRICT;

-- Heads of complete subtrees: of 256 leaves on level 1, of 65 536 on level 2, and so on.
CREATE TABLE audit_tiles (
    level    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_checkpoints (
    size       INTEGER PRIMARY KEY,
    note       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE audit_head (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    last BLOB NOT NULL
) STRICT;

INSERT INTO audit_head (id, size, last) VALUES (1, 0, zeroblob(32));
