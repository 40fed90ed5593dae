CREATE OR REPLACE FUNCTION consentfeed.open_session(
    user_id uuid, token_sha256 bytea, lifetime interval, idle_limit interval, agent text,
    issuer text, subject text, sid text, issued_at timestamptz, password_hash text
)
RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    -- Whoever changes the password waits for this, or is waited for: so this session is among those that end then.
    WITH account AS (
        UPDATE consentfeed.users AS account SET last_sign_in_at = statement_timestamp()
        WHERE account.id = open_session.user_id AND account.disabled_at IS NULL
            -- A password that was changed since it was checked opens nothing.
            AND (open_session.password_hash IS NULL OR account.password_hash = open_session.password_hash)
        RETURNING account.id
    )
    INSERT INTO consentfeed.sessions (user_id, token_sha256, expires_at, idle_limit, agent, issuer, subject, sid, issued_at)
    SELECT
        account.id, open_session.token_sha256, statement_timestamp() + open_session.lifetime, open_session.idle_limit,
        left(open_session.agent, 200), open_session.issuer, open_session.subject, open_session.sid, open_session.issued_at
    FROM account
    RETURNING id
$$;
COMMENT ON FUNCTION consentfeed.open_session IS 'Opens a session for an account that is not disabled; returns its id. issuer and those after it are what the ID token of an identity provider says, NULL after a password; password_hash is what the password was checked against, NULL after a provider''s sign-in.';
