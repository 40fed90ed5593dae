CREATE OR REPLACE FUNCTION consentfeed.list_sessions(after_key text, after_id uuid, max_rows integer)
RETURNS TABLE (id uuid, account text, created_at text, last_seen_at text, expires_at text, agent text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        session.id,
        json_build_object('id', account.id, 'email', account.email, 'role', account.role)::text,
        consentfeed.rfc3339(session.created_at), consentfeed.rfc3339(session.last_seen_at),
        consentfeed.rfc3339(session.expires_at), session.agent
    FROM consentfeed.sessions AS session JOIN consentfeed.users AS account ON account.id = session.user_id
    WHERE consentfeed.session_open(session) AND account.disabled_at IS NULL
        AND (session.expires_at, session.id) < (coalesce(after_key::timestamptz, 'infinity'), coalesce(after_id, session.id))
    ORDER BY session.expires_at DESC, session.id DESC
    LIMIT max_rows
$$;
COMMENT ON FUNCTION consentfeed.list_sessions IS 'Open sessions and whose they are, those that last longest first, page by page.';
