-- Decisions that were made elsewhere and come in with their dates, and what is kept of each import.

-- NOT VALID, as in 0015: rows that are there fit.
-- squawk-ignore ban-drop-constraint
ALTER TABLE consentfeed.consents DROP CONSTRAINT consents_method_check;
ALTER TABLE consentfeed.consents ADD CONSTRAINT consents_method_check CHECK (
    method IN ('rest', 'bulk', 'expiry', 'address-change', 'command', 'sql', 'import')
) NOT VALID;
COMMENT ON COLUMN consentfeed.consents.granted_at IS 'When it was last granted; of an import: when the decision was made.';
COMMENT ON COLUMN consentfeed.consents.revoked_at IS 'When it was revoked; NULL unless it stands revoked. Of an import: when the decision was made.';
COMMENT ON COLUMN consentfeed.consents.updated_at IS 'Time of the statement that made the last event (or the row), of an import, too.';
COMMENT ON COLUMN consentfeed.consents.method IS 'How the change came: rest, bulk, command, sql, import; expiry (its time ran out) or address-change (see channels).';
COMMENT ON COLUMN consentfeed.consents.reason_code IS 'Code of the reason given with the last change; of an import: its source.';
COMMENT ON COLUMN consentfeed.customers.method IS 'By what: rest, import, sql.';

-- squawk-ignore ban-drop-constraint
ALTER TABLE consentfeed.access_trail DROP CONSTRAINT access_trail_action_check;
ALTER TABLE consentfeed.access_trail ADD CONSTRAINT access_trail_action_check CHECK (action IN (
    'list-consents', 'read-consent', 'read-history', 'repeat-decision', 'list-customers', 'read-customer',
    'open-stream', 'read-events', 'list-accounts', 'read-account', 'list-sessions', 'read-trail',
    'register-customer', 'revoke-by-contact', 'change-password', 'set-password', 'make-password-link', 'check-consents',
    'export-consents', 'import-rows'
)) NOT VALID;

CREATE TABLE consentfeed.imports (
    id uuid PRIMARY KEY,
    source text NOT NULL CHECK (char_length(source) BETWEEN 1 AND 64),
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    last_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    recorded bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    superseded bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    erased bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    reported bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE consentfeed.imports IS 'Imports: who brought what in, from where, and what became of the rows.';
COMMENT ON COLUMN consentfeed.imports.id IS 'Chosen by the client, or made by the first rows.';
COMMENT ON COLUMN consentfeed.imports.source IS 'Where the rows come from, as the reasons of their events say it; not personal data.';
COMMENT ON COLUMN consentfeed.imports.actor_kind IS 'Who sent them: admin, service, or database (with SQL).';
COMMENT ON COLUMN consentfeed.imports.actor_id IS 'Id of that actor; for database the SQL role.';
COMMENT ON COLUMN consentfeed.imports.started_at IS 'When the first rows came.';
COMMENT ON COLUMN consentfeed.imports.last_at IS 'When the last rows came.';
COMMENT ON COLUMN consentfeed.imports.recorded IS 'Rows that became events.';
COMMENT ON COLUMN consentfeed.imports.unchanged IS 'Rows with decisions that the log held already.';
COMMENT ON COLUMN consentfeed.imports.superseded IS 'Rows with decisions older than one that the log held.';
COMMENT ON COLUMN consentfeed.imports.skipped IS 'Rows without a status.';
COMMENT ON COLUMN consentfeed.imports.erased IS 'Rows of persons who were erased after the decision.';
COMMENT ON COLUMN consentfeed.imports.refused IS 'Rows with a problem.';
COMMENT ON COLUMN consentfeed.imports.reported IS 'How many lines import_lines has of it.';

CREATE TABLE consentfeed.import_lines (
    import_id uuid NOT NULL REFERENCES consentfeed.imports (id),
    nth bigint NOT NULL,
    row_number bigint NOT NULL,
    code text NOT NULL,
    member text,
    PRIMARY KEY (import_id, nth)
);
COMMENT ON TABLE consentfeed.import_lines IS 'The report of an import: its first thousand rows that were superseded, erased or refused. No value of a row is kept.';
COMMENT ON COLUMN consentfeed.import_lines.import_id IS 'Which import.';
COMMENT ON COLUMN consentfeed.import_lines.nth IS 'Counts the lines of an import from 1.';
COMMENT ON COLUMN consentfeed.import_lines.row_number IS 'Which row of what was sent, from 1.';
COMMENT ON COLUMN consentfeed.import_lines.code IS 'superseded, erased, or the code of a problem.';
COMMENT ON COLUMN consentfeed.import_lines.member IS 'The member of the row that the problem is about; NULL: the whole row.';

-- The admin page lists them, newest first.
CREATE INDEX imports_started_at ON consentfeed.imports (started_at, id);
-- Which import do rows without an id belong to?
CREATE INDEX imports_actor ON consentfeed.imports (actor_id, source, last_at);

CREATE TYPE consentfeed.import_row AS (
    customer uuid, reference text, name text, email text, msisdn text, customer_language text,
    email_hash text, msisdn_hash text, reference_hash text, purpose text, channel text, status text, decided_at timestamptz,
    decision_reference text, notice_version bigint, language text, problem text, member text
);
COMMENT ON TYPE consentfeed.import_row IS 'A row as import_rows() takes it, as a JSON object. problem: why it is none, and by which member.';

CREATE TYPE consentfeed.import_problem AS (code text, member text);
COMMENT ON TYPE consentfeed.import_problem IS 'Why a row is not imported: the code of a problem, and the member that it is about.';

CREATE TYPE consentfeed.import_outcome AS (
    item bigint, outcome text, problem text, member text, customer uuid, nth bigint
);
COMMENT ON TYPE consentfeed.import_outcome IS 'What became of a row, used inside import_rows(); nth counts those that made an event.';

INSERT INTO consentfeed.migrations (name) VALUES ('0021_imports');
