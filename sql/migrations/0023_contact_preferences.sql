-- When and in which language a customer wants to be contacted. It is no consent, and never makes a no a yes.

ALTER TABLE consentfeed.customers ADD COLUMN quiet_from time;
ALTER TABLE consentfeed.customers ADD COLUMN quiet_to time;
ALTER TABLE consentfeed.customers ADD COLUMN quiet_zone text;
ALTER TABLE consentfeed.customers ADD COLUMN paused_until timestamptz;
ALTER TABLE consentfeed.customers ADD COLUMN preferences_version bigint NOT NULL DEFAULT 0;
ALTER TABLE consentfeed.customers ADD COLUMN reason_code text;
ALTER TABLE consentfeed.customers ADD COLUMN reason_reference text;
ALTER TABLE consentfeed.customers ADD COLUMN note_sha256 bytea;
-- NOT VALID, as in 0018: no row has any of them yet.
ALTER TABLE consentfeed.customers ADD CONSTRAINT customers_quiet_from_check
CHECK ((quiet_from IS NULL) = (quiet_zone IS NULL)) NOT VALID;
ALTER TABLE consentfeed.customers ADD CONSTRAINT customers_quiet_to_check
CHECK ((quiet_to IS NULL) = (quiet_zone IS NULL)) NOT VALID;
ALTER TABLE consentfeed.customers ADD CONSTRAINT customers_quiet_hours_check CHECK (quiet_from <> quiet_to) NOT VALID;
ALTER TABLE consentfeed.customers ADD CONSTRAINT customers_quiet_zone_check
CHECK (quiet_zone ~ '^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$') NOT VALID;
COMMENT ON COLUMN consentfeed.customers.quiet_from IS 'From when on the customer is not to be contacted, by the clock of quiet_zone; NULL: no quiet hours.';
COMMENT ON COLUMN consentfeed.customers.quiet_to IS 'Until when; earlier than quiet_from: on the next day.';
COMMENT ON COLUMN consentfeed.customers.quiet_zone IS 'The time zone of the quiet hours, by its IANA name, for example Asia/Colombo.';
COMMENT ON COLUMN consentfeed.customers.paused_until IS 'Until when the customer is not to be contacted at all; NULL or past: not paused.';
COMMENT ON COLUMN consentfeed.customers.preferences_version IS 'Grows by one with each preferences-updated event: each change of language, quiet hours or pause.';
COMMENT ON COLUMN consentfeed.customers.reason_code IS 'Code of the reason given with the last change.';
COMMENT ON COLUMN consentfeed.customers.reason_reference IS 'Reference given with the reason, such as the number of a ticket; not personal data.';
COMMENT ON COLUMN consentfeed.customers.note_sha256 IS 'Salted SHA-256 of the free text given with the reason; the text itself is in event_notes.';

-- NOT VALID, as in 0015: lines that are there fit.
-- squawk-ignore ban-drop-constraint
ALTER TABLE consentfeed.access_trail DROP CONSTRAINT access_trail_action_check;
ALTER TABLE consentfeed.access_trail ADD CONSTRAINT access_trail_action_check CHECK (action IN (
    'list-consents', 'read-consent', 'read-history', 'repeat-decision', 'list-customers', 'read-customer',
    'open-stream', 'read-events', 'list-accounts', 'read-account', 'list-sessions', 'read-trail',
    'register-customer', 'revoke-by-contact', 'change-password', 'set-password', 'make-password-link', 'check-consents',
    'export-consents', 'import-rows', 'save-webhook', 'rotate-webhook', 'replay-webhook', 'delete-webhook',
    'read-preferences', 'change-preferences'
)) NOT VALID;

-- It comes back, and tells until when nobody may be contacted.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.check_consents(uuid [], text [], text [], text [], text [], text [], timestamptz);

INSERT INTO consentfeed.migrations (name) VALUES ('0023_contact_preferences');
