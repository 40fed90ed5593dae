-- Always call it as a statement of its own, outside a transaction: at its end it takes the log's lock.
CREATE OR REPLACE FUNCTION consentfeed.record_decisions(decisions jsonb)
RETURNS TABLE (
    item bigint, problem text, consent text, seq bigint, hash bytea,
    body text, customer_id uuid, email text, note text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- One plan serves one decision and five hundred; planning anew for each batch took longer than a small batch itself.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off -- that plan is kept, and there may have been few consents and customers when it was made
AS $$
DECLARE
    -- Read once: as a set-returning function in each statement it would be planned and run again each time.
    _asked consentfeed.decision[] := array(
        SELECT jsonb_populate_record(NULL::consentfeed.decision, element) FROM jsonb_array_elements(decisions) AS element
    );
    _keyed boolean := EXISTS (SELECT FROM unnest(_asked) AS d WHERE d.key IS NOT NULL);
    _kept bigint[] := '{}';
    _locked uuid[];
    _rounds bigint;
    _events consentfeed.new_event[] := '{}';
    _done consentfeed.outcome[] := '{}';
BEGIN
    -- Answers given before, under the same idempotency key.
    IF _keyed THEN
        DELETE FROM consentfeed.idempotency_keys AS kept
        USING unnest(_asked) AS d
        WHERE (kept.principal, kept.route, kept.key) = (d.principal, d.route, d.key)
            AND kept.created_at < statement_timestamp() - interval '24 hours';
        SELECT coalesce(array_agg(d.ordinality), '{}') INTO _kept
        FROM unnest(_asked) WITH ORDINALITY AS d
        WHERE EXISTS (
            SELECT FROM consentfeed.idempotency_keys AS kept
            WHERE (kept.principal, kept.route, kept.key) = (d.principal, d.route, d.key)
                AND (kept.item = d.key_item OR kept.request_sha256 <> decode(d.request_sha256, 'hex'))
        );
        -- Of these alone: another node may have written more meanwhile, which this snapshot sees and the one above did not.
        RETURN QUERY
            SELECT
                d.ordinality,
                CASE WHEN same.outcome IS NULL THEN 'key-reused' END,
                same.outcome ->> 'consent', (same.outcome ->> 'seq')::bigint, decode(same.outcome ->> 'hash', 'hex'),
                NULL::text, NULL::uuid, NULL::text, NULL::text
            FROM unnest(_asked) WITH ORDINALITY AS d
            LEFT JOIN consentfeed.idempotency_keys AS same
                ON (same.principal, same.route, same.key, same.item) = (d.principal, d.route, d.key, d.key_item)
                AND same.request_sha256 = decode(d.request_sha256, 'hex')
            WHERE d.ordinality = ANY (_kept);
    END IF;

    -- In the order of ids, and never waiting: a transaction left open in psql holds up its own rows alone.
    SELECT coalesce(array_agg(held.id), '{}') INTO _locked
    FROM (
        SELECT consent.id
        FROM consentfeed.consents AS consent
        WHERE consent.id = ANY (ARRAY(SELECT d.consent_id FROM unnest(_asked) AS d)) -- a join might read all consents
        ORDER BY consent.id
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS held;
    -- Called inside a larger transaction, that one's own changes come first.
    SET CONSTRAINTS consentfeed.append_uncommitted IMMEDIATE;
    SET CONSTRAINTS consentfeed.append_uncommitted DEFERRED;
    SELECT coalesce(max(same.times), 0) INTO _rounds
    FROM (SELECT count(*) AS times FROM unnest(_asked) AS d GROUP BY d.consent_id) AS same;

    PERFORM set_config('consentfeed.recording', 'on', true); -- what the triggers of consents look for
    -- One round for all consents; further ones where a consent is decided more than once.
    FOR _round IN 1 .. _rounds LOOP
        WITH asked AS (
            SELECT * FROM (
                SELECT
                    d.ordinality AS item, d.*, CASE d.action WHEN 'grant' THEN 'granted' ELSE 'revoked' END AS answer,
                    row_number() OVER (PARTITION BY d.consent_id ORDER BY d.ordinality) AS round
                FROM unnest(_asked) WITH ORDINALITY AS d
                WHERE d.ordinality <> ALL (_kept)
            ) AS numbered
            WHERE numbered.round = _round
        ),
        judged AS (
            SELECT
                a.item, a.consent_id, a.answer, a.actor_kind, a.actor_id, a.method, a.reason_code, a.reason_reference, a.note,
                CASE WHEN a.note IS NOT NULL THEN gen_random_uuid()::text END AS salt,
                c AS present, consentfeed.current_status(c.status, c.expires_at) AS present_status, next.*,
                CASE
                    WHEN c.id IS NULL OR c.customer_id <> a.only_customer THEN 'not-found'
                    WHEN c.id <> ALL (_locked) THEN 'busy'
                    WHEN a.answer = 'revoked' THEN NULL
                    WHEN who.erased_at IS NOT NULL THEN 'erased'
                    WHEN NOT c.version = ANY (a.if_match) THEN 'stale'
                    WHEN NOT purpose.offered AND next.changes THEN 'not-offered'
                    WHEN notice.version IS NULL THEN 'no-notice'
                    WHEN a.notice_version <> notice.version THEN 'notice-superseded'
                    WHEN NOT consentfeed.language_fits(a.language, notice.language) THEN 'no-such-language'
                END AS problem
            FROM asked AS a
            -- Whose it is, is asked here and above: either alone keeps a customer from what is another's.
            LEFT JOIN consentfeed.consents AS c
                ON c.id = a.consent_id AND c.customer_id = coalesce(a.only_customer, c.customer_id)
            LEFT JOIN consentfeed.customers AS who ON who.id = c.customer_id
            LEFT JOIN consentfeed.purposes AS purpose ON purpose.key = c.purpose
            -- Inlined, because its arguments are plain columns; with a subquery in them it would be called for each row.
            LEFT JOIN LATERAL consentfeed.notice_in_force(c.purpose, coalesce(a.language, who.language)) AS notice
                ON a.answer = 'granted'
            CROSS JOIN LATERAL consentfeed.next_state(
                c, a.answer, notice.version, notice.language, notice.sha256, purpose.default_validity, a.renew
            ) AS next
        ),
        changed AS (
            UPDATE consentfeed.consents AS c
            SET status = j.answer, version = c.version + 1, updated_at = statement_timestamp(),
                notice_version = j.notice_version, notice_language = j.notice_language, notice_sha256 = j.notice_sha256,
                granted_at = j.granted_at, revoked_at = j.revoked_at, expires_at = j.expires_at,
                actor_kind = j.actor_kind, actor_id = j.actor_id, method = j.method,
                reason_code = j.reason_code, reason_reference = j.reason_reference,
                note_sha256 = sha256(convert_to(j.salt || j.note, 'UTF8'))
            FROM judged AS j
            WHERE c.id = j.consent_id AND j.problem IS NULL AND j.changes
            RETURNING j.item, j.salt, c AS became
        ),
        outcomes AS (
            SELECT
                changed.item, NULL AS problem, consentfeed.consent_json(changed.became, (changed.became).status) AS consent,
                changed.salt, changed.became,
                cardinality(_events) + row_number() OVER (ORDER BY changed.item) AS nth
            FROM changed
            UNION ALL
            SELECT
                j.item, j.problem, CASE WHEN j.problem IS NULL THEN consentfeed.consent_json(j.present, j.present_status) END,
                NULL, NULL, NULL
            FROM judged AS j
            WHERE j.problem IS NOT NULL OR NOT j.changes
        )
        SELECT
            _done || coalesce(array_agg(ROW(o.item, o.problem, o.consent, o.nth, o.salt)::consentfeed.outcome), '{}'),
            _events || coalesce(
                array_agg(consentfeed.consent_event(o.became) ORDER BY o.nth) FILTER (WHERE o.nth IS NOT NULL), '{}'
            )
        INTO _done, _events
        FROM outcomes AS o;
    END LOOP;
    PERFORM set_config('consentfeed.recording', 'off', true);

    RETURN QUERY
        WITH outcomes AS (
            SELECT o.item, o.problem, o.consent, o.salt, o.nth, made.seq, made.hash, made.body
            FROM unnest(_done) AS o LEFT JOIN consentfeed.append_events(_events) AS made ON made.nth = o.nth
        ),
        notes AS (
            INSERT INTO consentfeed.event_notes (seq, salt, note)
            SELECT o.seq, o.salt, _asked[o.item].note
            FROM outcomes AS o
            WHERE o.seq IS NOT NULL AND o.salt IS NOT NULL
        ),
        keys AS (
            INSERT INTO consentfeed.idempotency_keys (principal, route, key, item, request_sha256, outcome)
            SELECT
                d.principal, d.route, d.key, d.key_item, decode(d.request_sha256, 'hex'),
                jsonb_build_object('consent', o.consent, 'seq', o.seq, 'hash', encode(o.hash, 'hex'))
            FROM outcomes AS o JOIN unnest(_asked) WITH ORDINALITY AS d ON d.ordinality = o.item
            WHERE _keyed AND d.key IS NOT NULL AND o.problem IS NULL
            ORDER BY d.principal, d.route, d.key, d.key_item
        )
        SELECT
            o.item, o.problem, o.consent, o.seq, o.hash,
            o.body, (_events[o.nth]).customer_id,
            -- A join might read all customers.
            (SELECT who.email FROM consentfeed.customers AS who WHERE who.id = (_events[o.nth]).customer_id),
            CASE WHEN o.seq IS NOT NULL THEN _asked[o.item].note END
        FROM outcomes AS o;
END
$$;
COMMENT ON FUNCTION consentfeed.record_decisions IS 'Grants and revokes, many at once, one outcome each; item is the place in the array, from 1. problem is NULL where it was done; seq and hash are NULL where nothing changed. body, customer_id, email and note are what events_after() shows of an event that was made now: who wrote it need not read it. "busy": the row is held by another transaction, ask again.';
