-- Links by which somebody chooses a new password, once; what else accounts show since then; and the nodes' last hour.

CREATE TABLE consentfeed.password_links (
    -- One for each account: a newer one takes its place.
    user_id uuid PRIMARY KEY REFERENCES consentfeed.users (id) ON DELETE CASCADE,
    token_sha256 bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    expires_at timestamptz NOT NULL
);
COMMENT ON TABLE consentfeed.password_links IS 'Links that an admin has made, by which somebody may choose a new password. The token itself is not kept, only its hash. A link that was used is gone.';
COMMENT ON COLUMN consentfeed.password_links.user_id IS 'Whose password it is for.';
COMMENT ON COLUMN consentfeed.password_links.token_sha256 IS 'SHA-256 of the token in the link.';
COMMENT ON COLUMN consentfeed.password_links.created_at IS 'When the link was made.';
COMMENT ON COLUMN consentfeed.password_links.expires_at IS 'Until when it can be used.';

-- Passwords that are changed, and links that are made, leave lines in the access trail. NOT VALID: lines that are there fit, for
-- fewer actions were allowed, and reading them all would hold up everybody.
-- squawk-ignore ban-drop-constraint
ALTER TABLE consentfeed.access_trail DROP CONSTRAINT access_trail_action_check;
ALTER TABLE consentfeed.access_trail ADD CONSTRAINT access_trail_action_check CHECK (action IN (
    'list-consents', 'read-consent', 'read-history', 'repeat-decision', 'list-customers', 'read-customer',
    'open-stream', 'read-events', 'list-accounts', 'read-account', 'list-sessions', 'read-trail',
    'register-customer', 'revoke-by-contact', 'change-password', 'set-password', 'make-password-link'
)) NOT VALID;
COMMENT ON COLUMN consentfeed.access_trail.action IS 'What was done; repeat-decision: a decision that changed nothing, and was answered with the consent as it is. register-customer: the data of a customer, told to be kept. revoke-by-contact: consents revoked for whoever has a number or address. change-password: one''s own. set-password, make-password-link: another account''s, which filters name.';

ALTER TABLE consentfeed.users ADD COLUMN name text;
ALTER TABLE consentfeed.users ADD COLUMN last_sign_in_at timestamptz;
COMMENT ON COLUMN consentfeed.users.name IS 'What a member of staff or a program is called, as an admin or the identity provider has said; NULL: not said. A customer''s name is in customers.';
COMMENT ON COLUMN consentfeed.users.last_sign_in_at IS 'When a session was last opened; NULL: never since this is kept. Tokens do not count.';

-- What the nodes did, minute by minute, for the pictures of the last hour.
CREATE TABLE consentfeed.node_minutes (
    minute timestamptz NOT NULL,
    node uuid NOT NULL,
    streams bigint NOT NULL,
    decisions double precision NOT NULL,
    lag_seconds double precision NOT NULL,
    PRIMARY KEY (minute, node)
);
COMMENT ON TABLE consentfeed.node_minutes IS 'What each node said of itself within a minute; kept for two hours. No foreign key: a node that is gone was there.';
COMMENT ON COLUMN consentfeed.node_minutes.minute IS 'The minute''s beginning, by the clock of the database.';
COMMENT ON COLUMN consentfeed.node_minutes.node IS 'Which node it was.';
COMMENT ON COLUMN consentfeed.node_minutes.streams IS 'Streams that were open at its last report within the minute.';
COMMENT ON COLUMN consentfeed.node_minutes.decisions IS 'Decisions by it that changed something, from the rates that it reported.';
COMMENT ON COLUMN consentfeed.node_minutes.lag_seconds IS 'The most that it lay behind the log, at a report.';

-- All come back, with more in them.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.find_user(text);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.open_session(uuid, bytea, interval, interval, text, text, text, text, timestamptz);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.add_user(text, text, text, uuid);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.admit_account(uuid, text, text, text, text, uuid);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.save_purpose(text, text, text, text [], integer, bigint, boolean);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.save_draft(text, bigint, text, text, text, text);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.publish_notice(text, bigint, text, text, text);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.change_user(uuid, uuid, text, boolean);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.list_purposes();
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.list_notices(text);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.list_accesses(uuid, uuid, text, timestamptz, timestamptz, text, bigint, integer);

INSERT INTO consentfeed.migrations (name) VALUES ('0015_password_links');
