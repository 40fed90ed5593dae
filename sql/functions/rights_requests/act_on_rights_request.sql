-- A statement of its own, outside a transaction: at its end it takes the log's lock.
CREATE OR REPLACE FUNCTION consentfeed.act_on_rights_request(
    id uuid, by_customer uuid, action text, expected text [], assignee uuid, body text,
    actor_kind text, actor_id text, method text, reason_code text, reason_reference text, note text,
    principal text, route text, key text, request_sha256 bytea
)
RETURNS TABLE (problem text, request text, seq bigint, hash bytea)
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _before record;
    _request consentfeed.rights_requests;
    _salt text := gen_random_uuid();
    _text text := coalesce(body, note);
    _part text := CASE
        WHEN body IS NULL THEN 'reason'
        WHEN act_on_rights_request.action = 'ask' THEN 'question'
        WHEN act_on_rights_request.action = 'resume' THEN 'answer'
        ELSE 'message'
    END;
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
    -- Before the row, as move_deadlines() does: else each could wait for the other.
    PERFORM FROM consentfeed.calendar FOR SHARE;
    SELECT held.* INTO _request FROM consentfeed.rights_requests AS held
    WHERE held.id = act_on_rights_request.id AND held.customer_id = coalesce(by_customer, held.customer_id)
    FOR NO KEY UPDATE;
    problem := CASE
        WHEN NOT FOUND THEN 'not-found'
        WHEN NOT consentfeed.state_fits(_request.version::text, expected) THEN 'stale'
        WHEN NOT EXISTS (
            SELECT FROM consentfeed.rights_transitions AS allowed
            WHERE allowed.action = act_on_rights_request.action AND allowed.from_status = _request.status
        ) THEN 'wrong-status'
        WHEN act_on_rights_request.action = 'extend' AND (
            _request.extended_at IS NOT NULL OR _request.due_at <= statement_timestamp()
        ) THEN 'not-extendable'
        WHEN act_on_rights_request.action = 'assign' AND assignee::text <> act_on_rights_request.actor_id AND NOT EXISTS (
            SELECT FROM consentfeed.users AS account
            WHERE account.id = assignee AND account.role IN ('csr', 'admin') AND account.disabled_at IS NULL
        ) THEN 'no-such-assignee'
    END;
    IF problem IS NULL AND act_on_rights_request.action = 'assign' AND assignee IS NOT DISTINCT FROM _request.assigned_to THEN
        request := consentfeed.rights_request_json(_request); -- nothing changes, and makes no event
    ELSIF problem IS NULL THEN
        PERFORM set_config('consentfeed.recording', 'on', true); -- what the triggers of rights_requests look for
        UPDATE consentfeed.rights_requests AS changed
        SET action = act_on_rights_request.action, actor_kind = act_on_rights_request.actor_kind,
            assigned_to = CASE act_on_rights_request.action WHEN 'assign' THEN assignee ELSE changed.assigned_to END,
            actor_id = act_on_rights_request.actor_id, method = act_on_rights_request.method,
            reason_code = act_on_rights_request.reason_code, reason_reference = act_on_rights_request.reason_reference,
            note_sha256 = sha256(convert_to(_salt || note, 'UTF8')),
            text_sha256 = sha256(convert_to(_salt || _text, 'UTF8'))
        WHERE changed.id = act_on_rights_request.id
        RETURNING changed.* INTO _request;
        PERFORM set_config('consentfeed.recording', 'off', true);
        INSERT INTO consentfeed.rights_texts (request_id, version, part, customer_id, author_kind, salt, text)
        SELECT _request.id, _request.version, _part, _request.customer_id, act_on_rights_request.actor_kind, _salt, _text
        WHERE _text IS NOT NULL;
        SET CONSTRAINTS consentfeed.append_uncommitted IMMEDIATE; -- as in record_decisions(); the last event is ours then
        SET CONSTRAINTS consentfeed.append_uncommitted DEFERRED;
        SELECT head.seq, head.hash INTO seq, hash FROM consentfeed.log_head() AS head;
        INSERT INTO consentfeed.event_notes (seq, salt, note)
        SELECT act_on_rights_request.seq, _salt, act_on_rights_request.note WHERE act_on_rights_request.note IS NOT NULL;
        request := consentfeed.rights_request_json(_request);
    END IF;
    PERFORM consentfeed.keep_key(principal, route, key, CASE
        WHEN problem IS NULL THEN jsonb_build_object('request', request, 'seq', seq, 'hash', encode(hash, 'hex'))
    END);
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION consentfeed.act_on_rights_request IS 'Does what rights_transitions allows with a request (with by_customer given, only with that customer''s), if it is as expected (its version, see state_fits). body: what the customer is asked or told, or has said. An erasure is fulfilled by fulfil_erasure(). problem: not-found, stale, wrong-status, not-extendable, no-such-assignee, key-reused; seq is NULL where nothing changed.';
