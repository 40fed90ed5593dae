CREATE OR REPLACE FUNCTION consentfeed.expire_consents(max_rows integer)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _events consentfeed.new_event[];
BEGIN
    SET CONSTRAINTS consentfeed.append_uncommitted IMMEDIATE; -- as in record_decisions()
    SET CONSTRAINTS consentfeed.append_uncommitted DEFERRED;
    PERFORM set_config('consentfeed.recording', 'on', true); -- what the triggers of consents look for
    WITH due AS (
        SELECT consent.id, next.*
        FROM consentfeed.consents AS consent
        CROSS JOIN LATERAL consentfeed.next_state(consent, 'expired', NULL, NULL, NULL, NULL) AS next
        WHERE consent.status = 'granted' AND consent.expires_at <= statement_timestamp()
        ORDER BY consent.id
        LIMIT max_rows
        FOR NO KEY UPDATE OF consent SKIP LOCKED
    ),
    expired AS (
        UPDATE consentfeed.consents AS consent
        SET status = 'expired', version = consent.version + 1, updated_at = statement_timestamp(),
            revoked_at = due.revoked_at, expires_at = due.expires_at,
            actor_kind = 'system', actor_id = 'expiry', method = 'expiry',
            reason_code = NULL, reason_reference = NULL, note_sha256 = NULL
        FROM due
        WHERE consent.id = due.id
        RETURNING consent AS became
    )
    SELECT coalesce(array_agg(consentfeed.consent_event(expired.became)), '{}') INTO _events FROM expired;
    PERFORM set_config('consentfeed.recording', 'off', true);
    PERFORM FROM consentfeed.append_events(_events);
    RETURN cardinality(_events);
END
$$;
COMMENT ON FUNCTION consentfeed.expire_consents IS 'Turns grants whose time has run out into expired, with an event each; returns how many. Readers see them as expired already before.';
