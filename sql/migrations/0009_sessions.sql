-- Who has signed in.

CREATE TABLE consentfeed.sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES consentfeed.users (id),
    token_sha256 bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    last_seen_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    idle_limit interval NOT NULL DEFAULT '60 minutes',
    agent text CHECK (char_length(agent) <= 200),
    issuer text,
    subject text,
    sid text,
    issued_at timestamptz,
    CONSTRAINT sessions_issuer_check CHECK (
        (issuer IS NULL) = (subject IS NULL) AND (issuer IS NULL) = (issued_at IS NULL) AND (issuer IS NOT NULL OR sid IS NULL)
    )
);
COMMENT ON TABLE consentfeed.sessions IS 'Sign-ins with a cookie. The cookie''s token itself is not kept, only its hash.';
COMMENT ON COLUMN consentfeed.sessions.id IS 'Id of the session.';
COMMENT ON COLUMN consentfeed.sessions.user_id IS 'Who signed in.';
COMMENT ON COLUMN consentfeed.sessions.token_sha256 IS 'SHA-256 of the token in the cookie.';
COMMENT ON COLUMN consentfeed.sessions.created_at IS 'When the session began.';
COMMENT ON COLUMN consentfeed.sessions.expires_at IS 'When it ends at the latest.';
COMMENT ON COLUMN consentfeed.sessions.ended_at IS 'When it was ended by signing out; NULL while it is open.';
COMMENT ON COLUMN consentfeed.sessions.last_seen_at IS 'When it was last used, an open stream included; up to a minute, or a tenth of the idle limit, behind.';
COMMENT ON COLUMN consentfeed.sessions.idle_limit IS 'It ends when it has not been used for so long.';
COMMENT ON COLUMN consentfeed.sessions.agent IS 'What the browser called itself when it signed in.';
COMMENT ON COLUMN consentfeed.sessions.issuer IS 'The identity provider that signed in; NULL: a password did.';
COMMENT ON COLUMN consentfeed.sessions.subject IS 'Who it is to that provider, for a logout that the provider tells.';
COMMENT ON COLUMN consentfeed.sessions.sid IS 'The provider''s own session, for the same; NULL where it names none.';
COMMENT ON COLUMN consentfeed.sessions.issued_at IS 'When the provider issued the ID token, by its clock: a logout that it told before is not of this session.';

-- What forget_expired() looks for.
CREATE INDEX sessions_expires_at ON consentfeed.sessions (expires_at);
-- One's own sessions, and those that a provider's logout ends.
CREATE INDEX sessions_user_id ON consentfeed.sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX sessions_subject ON consentfeed.sessions (issuer, subject) WHERE ended_at IS NULL AND issuer IS NOT NULL;
CREATE INDEX sessions_sid ON consentfeed.sessions (issuer, sid) WHERE ended_at IS NULL AND sid IS NOT NULL;

INSERT INTO consentfeed.migrations (name) VALUES ('0009_sessions');
