-- What is taken out as a whole, and what is brought in, leave lines in the access trail. NOT VALID, as in 0015: lines that are
-- there fit.

-- squawk-ignore ban-drop-constraint
ALTER TABLE consentfeed.access_trail DROP CONSTRAINT access_trail_action_check;
ALTER TABLE consentfeed.access_trail ADD CONSTRAINT access_trail_action_check CHECK (action IN (
    'list-consents', 'read-consent', 'read-history', 'repeat-decision', 'list-customers', 'read-customer',
    'open-stream', 'read-events', 'list-accounts', 'read-account', 'list-sessions', 'read-trail',
    'register-customer', 'revoke-by-contact', 'change-password', 'set-password', 'make-password-link', 'check-consents',
    'export-consents'
)) NOT VALID;
COMMENT ON COLUMN consentfeed.access_trail.rows IS 'How many consents, customers, events, accounts, sessions or lines were shown; 0 for open-stream and export-consents, whose line is written before anything is.';

INSERT INTO consentfeed.migrations (name) VALUES ('0020_exports');
