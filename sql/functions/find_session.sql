CREATE OR REPLACE FUNCTION consentfeed.find_session(token_sha256 bytea)
RETURNS TABLE (session_id uuid, user_id uuid, email text, role text, expires_at timestamptz)
LANGUAGE sql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT session.id, account.id, account.email, account.role, session.expires_at
    FROM consentfeed.sessions AS session JOIN consentfeed.users AS account ON account.id = session.user_id
    WHERE session.token_sha256 = find_session.token_sha256
        AND session.ended_at IS NULL AND session.expires_at > statement_timestamp() AND account.disabled_at IS NULL
$$;
COMMENT ON FUNCTION consentfeed.find_session IS 'The open session with this token, and whose it is.';
