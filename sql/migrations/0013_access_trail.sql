-- Who has looked at customers' data. Apart from the log, because it has an end: retention empties it.

CREATE TABLE consentfeed.access_trail (
    at timestamptz NOT NULL DEFAULT statement_timestamp(),
    id bigint GENERATED ALWAYS AS IDENTITY,
    actor uuid NOT NULL,
    actor_role text NOT NULL CHECK (actor_role IN ('csr', 'admin', 'service')),
    session uuid,
    action text NOT NULL CHECK (action IN (
        'list-consents', 'read-consent', 'read-history', 'repeat-decision', 'list-customers', 'read-customer',
        'open-stream', 'read-events', 'list-accounts', 'read-account', 'list-sessions', 'read-trail',
        'register-customer', 'revoke-by-contact'
    )),
    customers uuid [] NOT NULL,
    filters jsonb NOT NULL,
    rows bigint NOT NULL CHECK (rows >= 0),
    -- The order in which it is read: numbers are handed out before commit, and lines of one moment need one too.
    PRIMARY KEY (at, id)
);
COMMENT ON TABLE consentfeed.access_trail IS 'Who of staff and services was shown which customers'' data. Lines are added, never changed, and deleted by age alone. No foreign keys: it outlives what it names.';
COMMENT ON COLUMN consentfeed.access_trail.at IS 'When, by the clock of the database; the answer left after it.';
COMMENT ON COLUMN consentfeed.access_trail.id IS 'Number of the line.';
COMMENT ON COLUMN consentfeed.access_trail.actor IS 'Account or subject of the token that asked.';
COMMENT ON COLUMN consentfeed.access_trail.actor_role IS 'Its role then: csr, admin or service. What customers see of their own is not noted.';
COMMENT ON COLUMN consentfeed.access_trail.session IS 'The session that asked; NULL for a bearer token.';
COMMENT ON COLUMN consentfeed.access_trail.action IS 'What was done; repeat-decision: a decision that changed nothing, and was answered with the consent as it is. register-customer: the data of a customer, told to be kept. revoke-by-contact: consents revoked for whoever has a number or address.';
COMMENT ON COLUMN consentfeed.access_trail.customers IS 'Whose data were shown; for open-stream those that it is filtered by, none: everybody''s; for revoke-by-contact those who were found.';
COMMENT ON COLUMN consentfeed.access_trail.filters IS 'How it was asked: ids, times and known codes alone. search: that something was searched for, not what.';
COMMENT ON COLUMN consentfeed.access_trail.rows IS 'How many consents, customers, events, accounts, sessions or lines were shown; 0 for open-stream.';

-- Who has looked at this customer? Without fast updates: they would make one commit of many wait for all that piled up.
CREATE INDEX access_trail_customers ON consentfeed.access_trail USING gin (customers) WITH (fastupdate = off);
CREATE INDEX access_trail_actor ON consentfeed.access_trail (actor, at, id);
CREATE INDEX access_trail_action ON consentfeed.access_trail (action, at, id);

INSERT INTO consentfeed.migrations (name) VALUES ('0013_access_trail');
