CREATE OR REPLACE FUNCTION consentfeed.open_session(user_id uuid, token_sha256 bytea, lifetime interval)
RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO consentfeed.sessions (user_id, token_sha256, expires_at)
    SELECT account.id, open_session.token_sha256, statement_timestamp() + open_session.lifetime
    FROM consentfeed.users AS account
    WHERE account.id = open_session.user_id AND account.disabled_at IS NULL
    RETURNING id
$$;
COMMENT ON FUNCTION consentfeed.open_session IS 'Opens a session for an account that is not disabled; returns its id.';
