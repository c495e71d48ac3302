ALTER TABLE sessions ADD COLUMN origin TEXT;
CREATE UNIQUE INDEX sessions_by_origin ON sessions (owner, origin) WHERE origin IS NOT NULL;
