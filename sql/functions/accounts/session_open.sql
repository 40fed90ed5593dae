CREATE OR REPLACE FUNCTION consentfeed.session_open(session consentfeed.sessions)
RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (session).ended_at IS NULL AND (session).expires_at > pg_catalog.statement_timestamp()
    AND (session).last_seen_at + (session).idle_limit > pg_catalog.statement_timestamp();

COMMENT ON FUNCTION consentfeed.session_open IS 'Whether a session has not been ended, has not lasted for as long as it may, and has been used lately.';
