-- The schema, the list of what has been applied to it, and what that has made.
-- Everything of consentfeed lives in this one schema; nothing is created outside it but the role consentfeed_app.

DO $$
BEGIN
    -- In another encoding names could not be kept in all scripts, and what is hashed would be other bytes.
    IF current_setting('server_encoding') <> 'UTF8' THEN
        RAISE EXCEPTION 'the encoding of this database is %, not UTF8', current_setting('server_encoding')
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Make another: CREATE DATABASE consentfeed ENCODING ''UTF8'' TEMPLATE template0.';
    END IF;
    -- Looked for first: where a DBA has made it, the owner need not be allowed to create any.
    IF to_regnamespace('consentfeed') IS NULL THEN
        CREATE SCHEMA consentfeed;
    END IF;
END
$$;
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

CREATE TABLE consentfeed.inventory (
    kind text,
    relation text,
    name text,
    state text NOT NULL,
    PRIMARY KEY (kind, relation, name)
);
COMMENT ON TABLE consentfeed.inventory IS 'What the files of sql/ have made, noted when they made it: differing_objects() holds what there is against it.';
COMMENT ON COLUMN consentfeed.inventory.kind IS 'table, column, constraint, index, row rules, policy, trigger, function or rights.';
COMMENT ON COLUMN consentfeed.inventory.relation IS 'The table it is about, or what the rights are for; empty for a function.';
COMMENT ON COLUMN consentfeed.inventory.name IS 'Its name; for rights the role.';
COMMENT ON COLUMN consentfeed.inventory.state IS 'How it was then, in words of present_objects().';

INSERT INTO consentfeed.migrations (name) VALUES ('0001_migrations');
