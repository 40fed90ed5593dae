CREATE OR REPLACE FUNCTION consentfeed.end_session(session_id uuid)
RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH ended AS (
        UPDATE consentfeed.sessions AS session SET ended_at = statement_timestamp()
        WHERE session.id = end_session.session_id AND session.ended_at IS NULL
            AND session.expires_at > statement_timestamp()
        RETURNING session.id
    )
    SELECT EXISTS (SELECT FROM ended)
$$;
COMMENT ON FUNCTION consentfeed.end_session IS 'Signs out; a session that has ended stays as it was. Returns whether it was open.';
