CREATE OR REPLACE FUNCTION consentfeed.touch_sessions(sessions uuid [])
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE consentfeed.sessions AS session SET last_seen_at = statement_timestamp()
    WHERE session.id IN (
        SELECT used.id FROM consentfeed.sessions AS used
        WHERE used.id = ANY (sessions) AND consentfeed.session_open(used)
            AND used.last_seen_at < statement_timestamp() - least(interval '1 minute', used.idle_limit / 10)
        -- Another node notes the same, and in its own order: neither waits for the other.
        FOR NO KEY UPDATE SKIP LOCKED
    )
$$;
COMMENT ON FUNCTION consentfeed.touch_sessions IS 'Notes that these sessions are used, each once a minute or a tenth of its idle limit; one that has ended stays so.';
