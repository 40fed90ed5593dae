-- What the operator's other systems call a customer.

ALTER TABLE consentfeed.customers ADD COLUMN reference text;
-- Two, each plain: a dump brings back longer ones in another form. NOT VALID: no row has one yet, and reading them all would
-- hold up everybody.
ALTER TABLE consentfeed.customers ADD CONSTRAINT customers_reference_check CHECK (reference ~ '^[^[:cntrl:]]{1,64}$') NOT VALID;
ALTER TABLE consentfeed.customers ADD CONSTRAINT customers_reference_trimmed CHECK (reference = btrim(reference)) NOT VALID;
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX customers_reference ON consentfeed.customers (reference) WHERE reference IS NOT NULL;
COMMENT ON COLUMN consentfeed.customers.reference IS 'The operator''s own number or name for the customer, such as the account number; unique. Personal data: never in the log.';

-- It comes back, with the reference.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.register_customer(uuid, text, text, text, text, text, text, text);

-- NOT VALID, as in 0015: lines that are there fit.
-- squawk-ignore ban-drop-constraint
ALTER TABLE consentfeed.access_trail DROP CONSTRAINT access_trail_action_check;
ALTER TABLE consentfeed.access_trail ADD CONSTRAINT access_trail_action_check CHECK (action IN (
    'list-consents', 'read-consent', 'read-history', 'repeat-decision', 'list-customers', 'read-customer',
    'open-stream', 'read-events', 'list-accounts', 'read-account', 'list-sessions', 'read-trail',
    'register-customer', 'revoke-by-contact', 'change-password', 'set-password', 'make-password-link', 'check-consents'
)) NOT VALID;

CREATE TYPE consentfeed.checked AS (
    status text, version bigint, granted_at timestamptz, revoked_at timestamptz, expires_at timestamptz,
    updated_at timestamptz, kept boolean
);
COMMENT ON TYPE consentfeed.checked IS 'What check_consents() looks at of a consent, as it is or as it was.';

INSERT INTO consentfeed.migrations (name) VALUES ('0018_references');
