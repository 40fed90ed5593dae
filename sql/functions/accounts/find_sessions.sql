CREATE OR REPLACE FUNCTION consentfeed.find_sessions(tokens_sha256 bytea [])
RETURNS TABLE (
    token_sha256 bytea, session_id uuid, user_id uuid, email text, role text, expires_at timestamptz, seen_long_ago boolean
)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        session.token_sha256, session.id, account.id, account.email, account.role, session.expires_at,
        session.last_seen_at < statement_timestamp() - least(interval '1 minute', session.idle_limit / 10)
    FROM consentfeed.sessions AS session JOIN consentfeed.users AS account ON account.id = session.user_id
    WHERE session.token_sha256 = ANY (tokens_sha256)
        AND consentfeed.session_open(session) AND account.disabled_at IS NULL
$$;
COMMENT ON FUNCTION consentfeed.find_sessions IS 'The open sessions with these tokens, whose they are, and whether touch_sessions() should note that they are used.';
