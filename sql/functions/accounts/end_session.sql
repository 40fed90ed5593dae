CREATE OR REPLACE FUNCTION consentfeed.end_session(session_id uuid)
RETURNS TABLE (issuer text, subject text, sid text)
LANGUAGE sql VOLATILE ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE consentfeed.sessions AS session SET ended_at = statement_timestamp()
    WHERE session.id = end_session.session_id AND consentfeed.session_open(session)
    RETURNING session.issuer, session.subject, session.sid
$$;
COMMENT ON FUNCTION consentfeed.end_session IS 'Signs out; a session that has ended stays as it was. A row where it was open: what an identity provider calls it, NULL if a password opened it.';
