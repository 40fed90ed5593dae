-- A statement of its own, outside a transaction: at its end it takes the log's lock.
CREATE OR REPLACE FUNCTION consentfeed.save_contact_preferences(
    id uuid, language text, quiet_from time, quiet_to time, quiet_zone text, paused_until timestamptz,
    kept text [], expected text [],
    actor_kind text, actor_id text, method text, reason_code text, reason_reference text, note text
)
RETURNS TABLE (problem text, preferences text, seq bigint, hash bytea)
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _before consentfeed.customers;
    _after consentfeed.customers;
    _keeps_hours boolean := 'quiet_hours' = ANY (kept);
    _keeps_pause boolean := 'paused_until' = ANY (kept);
    _salt text := CASE WHEN note IS NOT NULL THEN gen_random_uuid()::text END;
BEGIN
    SELECT customer.* INTO _before FROM consentfeed.customers AS customer
    WHERE customer.id = save_contact_preferences.id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        problem := 'not-found';
    ELSIF _before.erased_at IS NOT NULL THEN
        problem := 'erased';
    ELSIF NOT consentfeed.state_fits(_before.preferences_version::text, expected) THEN
        problem := 'stale';
    END IF;
    IF problem IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    PERFORM set_config('consentfeed.recording', 'on', true); -- what stamp_customer() looks for
    UPDATE consentfeed.customers AS customer SET
        language = coalesce(save_contact_preferences.language, customer.language),
        quiet_from = CASE WHEN _keeps_hours THEN customer.quiet_from ELSE save_contact_preferences.quiet_from END,
        quiet_to = CASE WHEN _keeps_hours THEN customer.quiet_to ELSE save_contact_preferences.quiet_to END,
        quiet_zone = CASE WHEN _keeps_hours THEN customer.quiet_zone ELSE save_contact_preferences.quiet_zone END,
        paused_until = CASE WHEN _keeps_pause THEN customer.paused_until ELSE save_contact_preferences.paused_until END,
        actor_kind = save_contact_preferences.actor_kind, actor_id = save_contact_preferences.actor_id,
        method = save_contact_preferences.method, reason_code = save_contact_preferences.reason_code,
        reason_reference = save_contact_preferences.reason_reference,
        note_sha256 = sha256(convert_to(_salt || save_contact_preferences.note, 'UTF8'))
    WHERE customer.id = save_contact_preferences.id
    RETURNING customer.* INTO _after;
    PERFORM set_config('consentfeed.recording', 'off', true);
    IF _after.preferences_version > _before.preferences_version THEN
        SET CONSTRAINTS consentfeed.append_uncommitted IMMEDIATE; -- as in record_decisions(); the last event is ours then
        SET CONSTRAINTS consentfeed.append_uncommitted DEFERRED;
        SELECT head.seq, head.hash INTO seq, hash FROM consentfeed.log_head() AS head;
        INSERT INTO consentfeed.event_notes (seq, salt, note)
        SELECT save_contact_preferences.seq, _salt, save_contact_preferences.note WHERE _salt IS NOT NULL;
    END IF;
    preferences := consentfeed.preferences_json(_after);
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION consentfeed.save_contact_preferences IS 'Saves when and in which language (NULL: as it is) a customer wants to be contacted, if that is as expected (its version, see state_fits). kept: quiet_hours and paused_until, where they stay as they are. problem: not-found, erased, stale; seq and hash are of the event, NULL where nothing changed.';
