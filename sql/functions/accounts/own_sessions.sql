CREATE OR REPLACE FUNCTION consentfeed.own_sessions(user_id uuid, max_rows integer)
RETURNS TABLE (id uuid, created_at text, last_seen_at text, expires_at text, agent text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        session.id, consentfeed.rfc3339(session.created_at), consentfeed.rfc3339(session.last_seen_at),
        consentfeed.rfc3339(session.expires_at), session.agent
    FROM consentfeed.sessions AS session
    WHERE session.user_id = own_sessions.user_id AND consentfeed.session_open(session)
    ORDER BY session.created_at DESC, session.id
    LIMIT max_rows
$$;
COMMENT ON FUNCTION consentfeed.own_sessions IS 'The open sessions of an account, newest first.';
