-- The schema and the list of what has been applied to it.
-- Everything of consentfeed lives in this one schema; nothing is created outside it but the role consentfeed_app.

CREATE SCHEMA IF NOT EXISTS consentfeed;
COMMENT ON SCHEMA consentfeed IS 'Consents of customers, the append-only log of their changes, and what serves them.';

CREATE TABLE consentfeed.migrations (
    name text PRIMARY KEY,
    checksum text,
    applied_at timestamptz NOT NULL DEFAULT statement_timestamp()
);
COMMENT ON TABLE consentfeed.migrations IS 'Which files of sql/ have been applied; written by the files themselves and by "consentfeed migrate".';
COMMENT ON COLUMN consentfeed.migrations.name IS 'File name without .sql; the row "functions" stands for all files that are re-created at every migrate.';
COMMENT ON COLUMN consentfeed.migrations.checksum IS 'SHA-256 of the file as applied; NULL where it was installed with psql, until the next "consentfeed migrate" adopts it.';
COMMENT ON COLUMN consentfeed.migrations.applied_at IS 'When it was applied.';

INSERT INTO consentfeed.migrations (name) VALUES ('0001_migrations');
