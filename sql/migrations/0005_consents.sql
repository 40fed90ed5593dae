-- The present state: one row per customer, purpose and channel. Every change of status becomes a row of events.

CREATE TABLE consentfeed.consents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id uuid NOT NULL REFERENCES consentfeed.customers (id),
    purpose text NOT NULL REFERENCES consentfeed.purposes (key),
    channel text NOT NULL CHECK (channel ~ '^[a-z][a-z0-9-]{0,31}$'),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'granted', 'revoked', 'expired')),
    version bigint NOT NULL DEFAULT 0,
    notice_version bigint,
    notice_language text,
    notice_sha256 bytea,
    granted_at timestamptz,
    revoked_at timestamptz,
    expires_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    actor_kind text CHECK (actor_kind IN ('customer', 'csr', 'admin', 'service', 'system', 'database')),
    actor_id text,
    method text CHECK (method IN ('rest', 'bulk', 'expiry', 'address-change', 'command', 'sql')),
    reason_code text,
    reason_reference text,
    note_sha256 bytea,
    UNIQUE (customer_id, purpose, channel),
    -- Everything but a pending answer has an event, and somebody who made it.
    CHECK ((status = 'pending') = (version = 0)),
    CHECK (version = 0 OR num_nulls(actor_kind, actor_id, method) = 0)
);
COMMENT ON TABLE consentfeed.consents IS 'The present answer of each customer for each purpose and channel. Write status alone: the triggers fill in the rest and append the event.';
COMMENT ON COLUMN consentfeed.consents.id IS 'Stable id of the consent.';
COMMENT ON COLUMN consentfeed.consents.customer_id IS 'Whose consent it is; never changes.';
COMMENT ON COLUMN consentfeed.consents.purpose IS 'What it is for; never changes.';
COMMENT ON COLUMN consentfeed.consents.channel IS 'Over which channel; never changes.';
COMMENT ON COLUMN consentfeed.consents.status IS 'pending: never answered; granted; revoked; expired: was granted, and the time ran out. A granted row whose expires_at has passed reads as expired.';
COMMENT ON COLUMN consentfeed.consents.version IS 'Number of events of this consent; grows by exactly one with each.';
COMMENT ON COLUMN consentfeed.consents.notice_version IS 'Version of the notice that was in force at the last grant.';
COMMENT ON COLUMN consentfeed.consents.notice_language IS 'Language in which that notice was shown.';
COMMENT ON COLUMN consentfeed.consents.notice_sha256 IS 'SHA-256 of that notice''s text. No foreign key: published notices cannot be changed or deleted, and the check would cost every decision.';
COMMENT ON COLUMN consentfeed.consents.granted_at IS 'When it was last granted.';
COMMENT ON COLUMN consentfeed.consents.revoked_at IS 'When it was revoked; NULL unless it stands revoked.';
COMMENT ON COLUMN consentfeed.consents.expires_at IS 'When the last grant ends or ended by itself; NULL: never.';
COMMENT ON COLUMN consentfeed.consents.updated_at IS 'Time of the statement that made the last event (or the row).';
COMMENT ON COLUMN consentfeed.consents.actor_kind IS 'Who made the last change: customer, csr, admin, service, system (expiry), or database (somebody with SQL).';
COMMENT ON COLUMN consentfeed.consents.actor_id IS 'Id of that actor; for database the SQL role.';
COMMENT ON COLUMN consentfeed.consents.method IS 'How the change came: rest, bulk, command, sql; expiry (its time ran out) or address-change (see channels).';
COMMENT ON COLUMN consentfeed.consents.reason_code IS 'Code of the reason given with the last change.';
COMMENT ON COLUMN consentfeed.consents.reason_reference IS 'Reference given with the reason, such as the number of a ticket; not personal data.';
COMMENT ON COLUMN consentfeed.consents.note_sha256 IS 'Salted SHA-256 of the free text given with the reason; the text itself is in event_notes.';

-- The list of consents, newest change first, page by page.
CREATE INDEX consents_updated_at ON consentfeed.consents (updated_at, id);
-- The same of decisions alone: a new purpose gives every customer a pending consent, all of them newer.
CREATE INDEX consents_decided_at ON consentfeed.consents (updated_at, id) WHERE status <> 'pending';
-- What expire_consents() looks for.
CREATE INDEX consents_expires_at ON consentfeed.consents (expires_at) WHERE status = 'granted';

CREATE TYPE consentfeed.decision AS (
    consent_id uuid, action text, only_customer uuid, actor_kind text, actor_id text, method text,
    if_match bigint [], renew boolean, notice_version bigint, language text, reason_code text, reason_reference text, note text,
    principal text, route text, key text, key_item bigint, request_sha256 text
);
COMMENT ON TYPE consentfeed.decision IS 'One decision as record_decisions() takes it, as a JSON object.';

CREATE TYPE consentfeed.outcome AS (item bigint, problem text, consent text, nth bigint, salt text);
COMMENT ON TYPE consentfeed.outcome IS 'What became of one decision, used inside record_decisions(); nth counts those that changed something.';

INSERT INTO consentfeed.migrations (name) VALUES ('0005_consents');
