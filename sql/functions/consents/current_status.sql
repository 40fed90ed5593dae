CREATE OR REPLACE FUNCTION consentfeed.current_status(status text, expires_at timestamptz)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN status = 'granted' AND expires_at <= pg_catalog.statement_timestamp() THEN 'expired'
    ELSE status
END;

COMMENT ON FUNCTION consentfeed.current_status IS 'The status as of now: a grant whose time has run out is expired, even before expire_consents() has said so.';
