CREATE OR REPLACE FUNCTION consentfeed.expire_consents(max_rows integer)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _expired bigint;
BEGIN
    PERFORM set_config('consentfeed.recording', 'on', true); -- what stamp_actor() looks for
    WITH due AS (
        SELECT consent.id
        FROM consentfeed.consents AS consent
        WHERE consent.status = 'granted' AND consent.expires_at <= statement_timestamp()
        ORDER BY consent.id
        LIMIT max_rows
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE consentfeed.consents AS consent
    SET status = 'expired', actor_kind = 'system', actor_id = 'expiry', method = 'expiry',
        reason_code = NULL, reason_reference = NULL, note_sha256 = NULL
    FROM due
    WHERE consent.id = due.id;
    GET DIAGNOSTICS _expired = ROW_COUNT;
    PERFORM set_config('consentfeed.recording', 'off', true);
    RETURN _expired;
END
$$;
COMMENT ON FUNCTION consentfeed.expire_consents IS 'Turns grants whose time has run out into expired, with an event each; returns how many. Readers see them as expired already before.';
