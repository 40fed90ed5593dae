-- A statement of its own, outside a transaction: at its end it takes the log's lock.
CREATE OR REPLACE FUNCTION consentfeed.erase_customer(
    id uuid, seen_version bigint, email_hash bytea, msisdn_hash bytea, reference_hash bytea, actor_kind text, actor_id text, method text,
    reason_code text, reason_reference text, note text
)
RETURNS TABLE (problem text, erased_at timestamptz, seq bigint, hash bytea)
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _customer consentfeed.customers;
    _granted uuid[];
    _events consentfeed.new_event[];
    _salt text := CASE WHEN note IS NOT NULL THEN gen_random_uuid()::text END;
BEGIN
    SELECT * INTO _customer FROM consentfeed.customers AS held WHERE held.id = erase_customer.id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'not-found'::text, NULL::timestamptz, NULL::bigint, NULL::bytea;
        RETURN;
    ELSIF _customer.erased_at IS NOT NULL THEN
        RETURN QUERY SELECT NULL::text, _customer.erased_at, NULL::bigint, NULL::bytea;
        RETURN;
    ELSIF _customer.version <> seen_version THEN
        -- The hashes are of another address, number or reference.
        RETURN QUERY SELECT 'stale'::text, NULL::timestamptz, NULL::bigint, NULL::bytea;
        RETURN;
    END IF;
    SET CONSTRAINTS consentfeed.append_uncommitted IMMEDIATE; -- as in record_decisions()
    SET CONSTRAINTS consentfeed.append_uncommitted DEFERRED;

    SELECT array_agg(held.id) INTO _granted
    FROM (
        SELECT consent.id
        FROM consentfeed.consents AS consent
        WHERE consent.customer_id = erase_customer.id AND consent.status = 'granted'
        ORDER BY consent.id
        FOR NO KEY UPDATE
    ) AS held;
    _events := consentfeed.end_held(_granted, 'revoked', actor_kind, actor_id, method, 'erasure', reason_reference);

    PERFORM set_config('consentfeed.recording', 'on', true); -- what stamp_customer() looks for
    UPDATE consentfeed.customers AS customer SET
        name = NULL, email = NULL, msisdn = NULL, reference = NULL, language = 'en', erased_at = statement_timestamp(),
        quiet_from = NULL, quiet_to = NULL, quiet_zone = NULL, paused_until = NULL,
        reason_code = NULL, reason_reference = NULL, note_sha256 = NULL,
        actor_kind = erase_customer.actor_kind, actor_id = erase_customer.actor_id, method = erase_customer.method
    WHERE customer.id = erase_customer.id
    RETURNING * INTO _customer;
    -- What is erased is what was demanded, or leaves nothing to demand.
    UPDATE consentfeed.rights_requests AS request
    SET action = CASE request.kind WHEN 'erasure' THEN 'fulfil' ELSE 'cancel' END,
        actor_kind = erase_customer.actor_kind, actor_id = erase_customer.actor_id, method = erase_customer.method,
        reason_code = 'erasure', reason_reference = erase_customer.reason_reference, note_sha256 = NULL, text_sha256 = NULL
    WHERE request.customer_id = erase_customer.id AND request.closed_at IS NULL;
    PERFORM set_config('consentfeed.recording', 'off', true);
    UPDATE consentfeed.rights_texts AS written SET text = NULL, salt = '' WHERE written.customer_id = erase_customer.id;
    INSERT INTO consentfeed.erased_contacts (customer_id, kind, hash)
    SELECT erase_customer.id, contact.kind, contact.hash
    FROM (VALUES ('email', email_hash), ('msisdn', msisdn_hash), ('reference', reference_hash)) AS contact (kind, hash)
    WHERE contact.hash IS NOT NULL;
    -- Without the salt nobody can find out whether a note said this or that.
    UPDATE consentfeed.event_notes AS written SET note = NULL, salt = ''
    WHERE written.seq IN (SELECT event.seq FROM consentfeed.events AS event WHERE event.customer_id = erase_customer.id);
    DELETE FROM consentfeed.preferences AS chosen WHERE chosen.principal = 'customer:' || erase_customer.id::text;
    DELETE FROM consentfeed.idempotency_keys AS kept WHERE kept.principal = 'customer:' || erase_customer.id::text;
    DELETE FROM consentfeed.sessions AS session WHERE session.user_id = erase_customer.id;
    DELETE FROM consentfeed.users AS account WHERE account.customer_id = erase_customer.id;

    -- Those of the requests come first.
    SET CONSTRAINTS consentfeed.append_uncommitted IMMEDIATE;
    SET CONSTRAINTS consentfeed.append_uncommitted DEFERRED;
    RETURN QUERY
        WITH made AS (
            SELECT appended.seq, appended.hash
            FROM consentfeed.append_events(_events || consentfeed.erasure_event(
                _customer, reason_code, reason_reference, sha256(convert_to(_salt || note, 'UTF8'))
            )) AS appended
            ORDER BY appended.nth DESC
            LIMIT 1
        ),
        noted AS (
            INSERT INTO consentfeed.event_notes (seq, salt, note)
            SELECT made.seq, _salt, erase_customer.note FROM made WHERE _salt IS NOT NULL
        )
        SELECT NULL::text, _customer.erased_at, made.seq, made.hash FROM made;
END
$$;
COMMENT ON FUNCTION consentfeed.erase_customer IS 'Forgets a person: ends what is granted, empties name, address, number, notes, texts of requests, choices, accounts and sessions, closes open requests, and appends customer-erased. The hashes are of address, number and reference as they are kept (NULL: none). problem: not-found, stale (the customer has another version than seen_version); seq is NULL where the customer was erased before.';
