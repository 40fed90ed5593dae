CREATE OR REPLACE FUNCTION consentfeed.expire_consents(max_rows integer)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _due uuid[];
    _events consentfeed.new_event[];
BEGIN
    SET CONSTRAINTS consentfeed.append_uncommitted IMMEDIATE; -- as in record_decisions()
    SET CONSTRAINTS consentfeed.append_uncommitted DEFERRED;
    SELECT array_agg(held.id) INTO _due
    FROM (
        SELECT consent.id
        FROM consentfeed.consents AS consent
        WHERE consent.status = 'granted' AND consent.expires_at <= statement_timestamp()
        ORDER BY consent.id
        LIMIT max_rows
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS held;
    IF _due IS NULL THEN
        RETURN 0;
    END IF;
    _events := consentfeed.end_held(_due, 'expired', 'system', 'expiry', 'expiry', NULL, NULL);
    PERFORM FROM consentfeed.append_events(_events);
    RETURN cardinality(_events);
END
$$;
COMMENT ON FUNCTION consentfeed.expire_consents IS 'Turns grants whose time has run out into expired, with an event each; returns how many. Readers see them as expired already before.';
