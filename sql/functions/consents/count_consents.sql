CREATE OR REPLACE FUNCTION consentfeed.count_consents()
RETURNS TABLE (purpose text, granted bigint, revoked bigint, expired bigint, pending bigint)
LANGUAGE sql STABLE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
    -- Reads all consents, as list_notices() does, and for the same reason.
    SELECT
        counted.purpose, count(*) FILTER (WHERE counted.status = 'granted'), count(*) FILTER (WHERE counted.status = 'revoked'),
        count(*) FILTER (WHERE counted.status = 'expired'), count(*) FILTER (WHERE counted.status = 'pending')
    FROM (
        SELECT consent.purpose, consentfeed.current_status(consent.status, consent.expires_at) AS status
        FROM consentfeed.consents AS consent
    ) AS counted
    GROUP BY counted.purpose
$$;
COMMENT ON FUNCTION consentfeed.count_consents IS 'How many consents of each purpose are granted, revoked, expired and pending.';
