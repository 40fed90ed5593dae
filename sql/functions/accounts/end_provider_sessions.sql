CREATE OR REPLACE FUNCTION consentfeed.end_provider_sessions(issuer text, subject text, sid text, issued_at timestamptz)
RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH ended AS (
        UPDATE consentfeed.sessions AS session SET ended_at = statement_timestamp()
        WHERE session.issuer = end_provider_sessions.issuer AND session.ended_at IS NULL
            AND session.issued_at <= end_provider_sessions.issued_at
            AND (
                session.sid = end_provider_sessions.sid
                AND session.subject = coalesce(end_provider_sessions.subject, session.subject)
                OR session.subject = end_provider_sessions.subject
                AND (end_provider_sessions.sid IS NULL OR session.sid IS NULL)
            )
        RETURNING session.id
    )
    SELECT count(*) FROM ended
$$;
COMMENT ON FUNCTION consentfeed.end_provider_sessions IS 'Ends what an identity provider has logged out: its session sid, or all of the subject''s where it names none, begun no later than the logout was issued. Returns how many.';
