-- Accounts whose sign-in is an identity provider's, and sessions that end when nobody uses them.
-- Both tables are small, and a migration is one transaction:
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion

ALTER TABLE consentfeed.users ADD COLUMN issuer text;
ALTER TABLE consentfeed.users ADD COLUMN subject text;
COMMENT ON COLUMN consentfeed.users.issuer IS 'The identity provider that signs this account in; NULL for an account of our own.';
COMMENT ON COLUMN consentfeed.users.subject IS 'Who it is to that provider; NULL for an account of our own.';
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE consentfeed.users ADD CONSTRAINT users_issuer_check CHECK (
    (issuer IS NULL) = (subject IS NULL) AND (issuer IS NULL OR password_hash IS NULL)
);
-- squawk-ignore ban-drop-constraint
ALTER TABLE consentfeed.users DROP CONSTRAINT users_email_check;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE consentfeed.users ADD CONSTRAINT users_email_check CHECK (
    char_length(email) <= 320 AND (strpos(email, '@') > 1 OR issuer IS NOT NULL)
);
COMMENT ON COLUMN consentfeed.users.email IS 'Name to sign in with; upper and lower case do not matter. Of an account from outside: what its provider calls it, which need not be an address.';

-- An address is a name to sign in with among our own accounts alone: a provider may say whatever address it likes.
DROP INDEX consentfeed.users_email;
CREATE UNIQUE INDEX users_email ON consentfeed.users (lower(email)) WHERE issuer IS NULL;
-- What list_users() walks along.
CREATE INDEX users_by_email ON consentfeed.users (lower(email), id);
CREATE UNIQUE INDEX users_subject ON consentfeed.users (issuer, subject) WHERE issuer IS NOT NULL;

ALTER TABLE consentfeed.sessions ADD COLUMN last_seen_at timestamptz NOT NULL DEFAULT statement_timestamp();
ALTER TABLE consentfeed.sessions ADD COLUMN idle_limit interval NOT NULL DEFAULT '60 minutes';
ALTER TABLE consentfeed.sessions ADD COLUMN agent text;
ALTER TABLE consentfeed.sessions ADD COLUMN issuer text;
ALTER TABLE consentfeed.sessions ADD COLUMN subject text;
ALTER TABLE consentfeed.sessions ADD COLUMN sid text;
ALTER TABLE consentfeed.sessions ADD COLUMN issued_at timestamptz;
COMMENT ON COLUMN consentfeed.sessions.last_seen_at IS 'When it was last used, an open stream included; up to a minute, or a tenth of the idle limit, behind.';
COMMENT ON COLUMN consentfeed.sessions.idle_limit IS 'It ends when it has not been used for so long.';
COMMENT ON COLUMN consentfeed.sessions.agent IS 'What the browser called itself when it signed in.';
COMMENT ON COLUMN consentfeed.sessions.issuer IS 'The identity provider that signed in; NULL: a password did.';
COMMENT ON COLUMN consentfeed.sessions.subject IS 'Who it is to that provider, for a logout that the provider tells.';
COMMENT ON COLUMN consentfeed.sessions.sid IS 'The provider''s own session, for the same; NULL where it names none.';
COMMENT ON COLUMN consentfeed.sessions.issued_at IS 'When the provider issued the ID token, by its clock: a logout that it told before is not of this session.';
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE consentfeed.sessions ADD CONSTRAINT sessions_agent_check CHECK (char_length(agent) <= 200);
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE consentfeed.sessions ADD CONSTRAINT sessions_issuer_check CHECK (
    (issuer IS NULL) = (subject IS NULL) AND (issuer IS NULL) = (issued_at IS NULL) AND (issuer IS NOT NULL OR sid IS NULL)
);

-- One's own sessions, and those that a provider's logout ends.
CREATE INDEX sessions_user_id ON consentfeed.sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_subject ON consentfeed.sessions (issuer, subject) WHERE ended_at IS NULL AND issuer IS NOT NULL;
CREATE INDEX sessions_sid ON consentfeed.sessions (issuer, sid) WHERE ended_at IS NULL AND sid IS NOT NULL;

-- Functions whose arguments or results change; all are created again after the migrations, in the same transaction.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.open_session(uuid, bytea, interval);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.find_session(bytea);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.end_session(uuid);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.list_sessions(text, uuid, integer);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.list_users(text, text, integer);

INSERT INTO consentfeed.migrations (name) VALUES ('0012_single_sign_on');
