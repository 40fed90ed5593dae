CREATE OR REPLACE FUNCTION consentfeed.expire_held(consents uuid [], why text, reason_code text)
RETURNS consentfeed.new_event []
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _events consentfeed.new_event[];
BEGIN
    PERFORM set_config('consentfeed.recording', 'on', true); -- what the triggers of consents look for
    WITH due AS (
        SELECT consent.id, next.*
        FROM consentfeed.consents AS consent
        CROSS JOIN LATERAL consentfeed.next_state(consent, 'expired', NULL, NULL, NULL, NULL) AS next
        WHERE consent.id = ANY (expire_held.consents) AND consent.status = 'granted'
    ),
    expired AS (
        UPDATE consentfeed.consents AS consent
        SET status = 'expired', version = consent.version + 1, updated_at = statement_timestamp(),
            revoked_at = due.revoked_at, expires_at = due.expires_at,
            actor_kind = 'system', actor_id = expire_held.why, method = expire_held.why,
            reason_code = expire_held.reason_code, reason_reference = NULL, note_sha256 = NULL
        FROM due
        WHERE consent.id = due.id
        RETURNING consent AS became
    )
    SELECT coalesce(array_agg(consentfeed.consent_event(expired.became)), '{}') INTO _events FROM expired;
    PERFORM set_config('consentfeed.recording', 'off', true);
    RETURN _events;
END
$$;
COMMENT ON FUNCTION consentfeed.expire_held IS 'Ends grants whose rows the caller holds; why (expiry, address-change) is actor and method. Returns their events, for append_events() or uncommitted_events.';
