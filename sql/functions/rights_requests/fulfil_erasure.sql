-- A statement of its own, outside a transaction: at its end it takes the log's lock.
CREATE OR REPLACE FUNCTION consentfeed.fulfil_erasure(
    id uuid, expected text [], seen_version bigint, email_hash bytea, msisdn_hash bytea, reference_hash bytea,
    actor_kind text, actor_id text, method text, reason_code text, reason_reference text, note text
)
RETURNS TABLE (problem text, request text, seq bigint, hash bytea, erased_seq bigint)
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _customer uuid := (SELECT kept.customer_id FROM consentfeed.rights_requests AS kept WHERE kept.id = fulfil_erasure.id);
    _request consentfeed.rights_requests;
    _erased record;
BEGIN
    -- The customer first, as an erasure by itself does.
    PERFORM FROM consentfeed.customers AS customer WHERE customer.id = _customer FOR UPDATE;
    SELECT held.* INTO _request FROM consentfeed.rights_requests AS held WHERE held.id = fulfil_erasure.id FOR NO KEY UPDATE;
    problem := CASE
        WHEN NOT FOUND THEN 'not-found'
        WHEN NOT consentfeed.state_fits(_request.version::text, expected) THEN 'stale'
        WHEN _request.kind <> 'erasure' OR _request.closed_at IS NOT NULL THEN 'wrong-status'
    END;
    IF problem IS NULL THEN
        SELECT * INTO STRICT _erased FROM consentfeed.erase_customer(
            _customer, seen_version, email_hash, msisdn_hash, reference_hash, actor_kind, actor_id, method,
            reason_code, coalesce(reason_reference, _request.reference), note
        );
        -- Of the customer, who was changed meanwhile: the caller makes the hashes again.
        problem := CASE WHEN _erased.problem IS NOT NULL THEN 'again' END;
    END IF;
    IF problem IS NULL THEN
        SELECT consentfeed.rights_request_json(kept) INTO request
        FROM consentfeed.rights_requests AS kept WHERE kept.id = fulfil_erasure.id;
        SELECT made.seq, made.hash INTO seq, hash FROM consentfeed.rights_history(fulfil_erasure.id, NULL) AS made
        ORDER BY made.seq DESC LIMIT 1;
        erased_seq := _erased.seq;
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION consentfeed.fulfil_erasure IS 'Erases the customer of a request for erasure, as erase_customer() does, if the request is as expected: both in one transaction. problem: not-found, stale, wrong-status; again: the customer has another version than seen_version.';
