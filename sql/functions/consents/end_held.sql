CREATE OR REPLACE FUNCTION consentfeed.end_held(
    consents uuid [], answer text, actor_kind text, actor_id text, method text, reason_code text, reason_reference text
)
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
        CROSS JOIN LATERAL consentfeed.next_state(consent, end_held.answer, NULL, NULL, NULL, NULL, NULL) AS next
        WHERE consent.id = ANY (end_held.consents) AND consent.status = 'granted'
    ),
    ended AS (
        UPDATE consentfeed.consents AS consent
        SET status = end_held.answer, version = consent.version + 1, updated_at = statement_timestamp(),
            revoked_at = due.revoked_at, expires_at = due.expires_at,
            actor_kind = end_held.actor_kind, actor_id = end_held.actor_id, method = end_held.method,
            reason_code = end_held.reason_code, reason_reference = end_held.reason_reference, note_sha256 = NULL
        FROM due
        WHERE consent.id = due.id
        RETURNING consent AS became
    )
    SELECT coalesce(array_agg(consentfeed.consent_event(ended.became) ORDER BY (ended.became).id), '{}') INTO _events FROM ended;
    PERFORM set_config('consentfeed.recording', 'off', true);
    RETURN _events;
END
$$;
COMMENT ON FUNCTION consentfeed.end_held IS 'Ends grants whose rows the caller holds, as expired or revoked. Returns their events, for append_events() or uncommitted_events.';
