CREATE OR REPLACE FUNCTION consentfeed.end_own_sessions(user_id uuid, only_id uuid, but_id uuid)
RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH ended AS (
        UPDATE consentfeed.sessions AS session SET ended_at = statement_timestamp()
        WHERE session.user_id = end_own_sessions.user_id AND consentfeed.session_open(session)
            AND session.id = coalesce(only_id, session.id) AND session.id IS DISTINCT FROM but_id
        RETURNING session.id
    )
    SELECT count(*) FROM ended
$$;
COMMENT ON FUNCTION consentfeed.end_own_sessions IS 'Ends the open sessions of an account: this one only, or all but that one (NULL: no such condition). Returns how many.';
