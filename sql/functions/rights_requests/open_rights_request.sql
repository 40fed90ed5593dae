-- A statement of its own, outside a transaction: at its end it takes the log's lock.
CREATE OR REPLACE FUNCTION consentfeed.open_rights_request(
    kind text, of_customer uuid, received_at timestamptz, body text, most bigint,
    actor_kind text, actor_id text, method text, reason_code text, reason_reference text, note text,
    principal text, route text, key text, request_sha256 bytea
)
RETURNS TABLE (problem text, request text, seq bigint, hash bytea)
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _erased timestamptz;
    _before record;
    _request consentfeed.rights_requests;
    _salt text := gen_random_uuid();
BEGIN
    SELECT * INTO _before FROM consentfeed.take_key(principal, route, key, request_sha256);
    IF FOUND THEN
        problem := _before.problem;
        request := _before.outcome ->> 'request';
        seq := _before.outcome ->> 'seq';
        hash := decode(_before.outcome ->> 'hash', 'hex');
        RETURN NEXT;
        RETURN;
    END IF;
    -- An erasure waits, or is waited for; so does another request of the same customer, or there would be too many.
    SELECT customer.erased_at INTO _erased
    FROM consentfeed.customers AS customer WHERE customer.id = of_customer FOR NO KEY UPDATE;
    problem := CASE
        WHEN NOT FOUND THEN 'not-found'
        WHEN _erased IS NOT NULL THEN 'erased'
        WHEN (
            SELECT count(*) FROM consentfeed.rights_requests AS open
            WHERE open.customer_id = of_customer AND open.closed_at IS NULL
        ) >= most THEN 'too-many-requests'
    END;
    IF problem IS NULL THEN
        PERFORM set_config('consentfeed.recording', 'on', true); -- what the triggers of rights_requests look for
        INSERT INTO consentfeed.rights_requests AS made (
            customer_id, kind, received_at, came_by, actor_kind, actor_id, method, reason_code, reason_reference,
            note_sha256, text_sha256
        )
        VALUES (
            of_customer, open_rights_request.kind, coalesce(open_rights_request.received_at, statement_timestamp()),
            CASE WHEN open_rights_request.actor_kind = 'customer' THEN 'self-service' ELSE open_rights_request.reason_code END,
            open_rights_request.actor_kind, open_rights_request.actor_id, open_rights_request.method,
            open_rights_request.reason_code, open_rights_request.reason_reference,
            sha256(convert_to(_salt || note, 'UTF8')), sha256(convert_to(_salt || body, 'UTF8'))
        )
        RETURNING made.* INTO _request;
        PERFORM set_config('consentfeed.recording', 'off', true);
        INSERT INTO consentfeed.rights_texts (request_id, version, part, customer_id, author_kind, salt, text)
        SELECT
            _request.id, _request.version, written.part, of_customer, open_rights_request.actor_kind, _salt, written.words
        FROM (VALUES ('request', body), ('reason', note)) AS written (part, words)
        WHERE written.words IS NOT NULL;
        SET CONSTRAINTS consentfeed.append_uncommitted IMMEDIATE; -- as in record_decisions(); the last event is ours then
        SET CONSTRAINTS consentfeed.append_uncommitted DEFERRED;
        SELECT head.seq, head.hash INTO seq, hash FROM consentfeed.log_head() AS head;
        INSERT INTO consentfeed.event_notes (seq, salt, note)
        SELECT open_rights_request.seq, _salt, open_rights_request.note WHERE open_rights_request.note IS NOT NULL;
        request := consentfeed.rights_request_json(_request);
    END IF;
    PERFORM consentfeed.keep_key(principal, route, key, CASE
        WHEN problem IS NULL THEN jsonb_build_object('request', request, 'seq', seq, 'hash', encode(hash, 'hex'))
    END);
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION consentfeed.open_rights_request IS 'Writes down what a customer demands, with the customer''s own words (body) and, of staff, the reason. most: how many of one customer may be open. problem: not-found, erased, too-many-requests, key-reused.';
