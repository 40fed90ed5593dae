CREATE OR REPLACE FUNCTION consentfeed.why_session_ended(token_sha256 bytea)
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN least(session.expires_at, session.last_seen_at + session.idle_limit)
            <= coalesce(session.ended_at, statement_timestamp()) THEN 'expired'
        -- By its owner or an admin; also where the account is disabled: that is told to who knows the password alone.
        ELSE 'ended'
    END
    FROM consentfeed.sessions AS session JOIN consentfeed.users AS account ON account.id = session.user_id
    WHERE session.token_sha256 = why_session_ended.token_sha256
        AND (NOT consentfeed.session_open(session) OR account.disabled_at IS NOT NULL)
$$;
COMMENT ON FUNCTION consentfeed.why_session_ended IS 'Why the session with this token is not open: ended, or expired (not used for too long, or at its limit); NULL where it is open, or there is none.';
