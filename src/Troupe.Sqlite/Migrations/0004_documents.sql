CREATE TABLE documents (
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    link TEXT,
    body TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (kind, owner, id)
);
CREATE INDEX documents_by_id ON documents (id, kind);
CREATE INDEX documents_by_link ON documents (kind, link, id) WHERE link IS NOT NULL;
