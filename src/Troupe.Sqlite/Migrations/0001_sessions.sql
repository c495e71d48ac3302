CREATE TABLE numbers (
    reserved INTEGER NOT NULL
);
INSERT INTO numbers (reserved) VALUES (0);

CREATE TABLE sessions (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    agent TEXT NOT NULL,
    durability INTEGER NOT NULL,
    title TEXT,
    archived INTEGER NOT NULL DEFAULT 0,
    head INTEGER NOT NULL DEFAULT 0,
    head_after INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX sessions_by_use ON sessions (owner, updated_at);

CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    session_no INTEGER NOT NULL REFERENCES sessions (no),
    seq INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    turn_no INTEGER NOT NULL,
    role INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    data TEXT,
    UNIQUE (session_no, seq)
);

CREATE TABLE turns (
    no INTEGER PRIMARY KEY,
    session_no INTEGER NOT NULL REFERENCES sessions (no),
    key BLOB,
    body_hash BLOB,
    state INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    input TEXT,
    requested_parent INTEGER,
    model TEXT,
    user_seq INTEGER NOT NULL,
    reply_seq INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached INTEGER NOT NULL,
    error TEXT,
    merged_into INTEGER NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (session_no, key)
);

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE receipts (
    owner TEXT NOT NULL,
    key BLOB NOT NULL,
    body_hash BLOB NOT NULL,
    made TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
CREATE INDEX receipts_by_age ON receipts (at);
