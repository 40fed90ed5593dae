-- Always call it as a statement of its own, outside a transaction: from SET CONSTRAINTS on it holds the log's lock.
CREATE OR REPLACE FUNCTION consentfeed.record_decisions(decisions jsonb)
RETURNS TABLE (item bigint, problem text, consent text, seq bigint, hash bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- One plan serves one decision and five hundred; planning anew for each batch took longer than a small batch itself.
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    -- Read once: as a set-returning function in each statement it would be planned and run again each time.
    _asked consentfeed.decision[] := array(
        SELECT jsonb_populate_record(
            NULL::consentfeed.decision, element.decision || jsonb_build_object('item', element.item)
        )
        FROM jsonb_array_elements(decisions) WITH ORDINALITY AS element (decision, item)
    );
    _kept bigint[] := '{}';
    _locked uuid[];
    _head bigint;
    _rounds bigint;
    _done consentfeed.outcome[] := '{}';
BEGIN
    PERFORM set_config('consentfeed.recording', 'on', true); -- what stamp_actor() looks for
    -- Answers given before, under the same idempotency key.
    IF EXISTS (SELECT FROM unnest(_asked) AS d WHERE d.key IS NOT NULL) THEN
        DELETE FROM consentfeed.idempotency_keys AS kept
        USING unnest(_asked) AS d
        WHERE (kept.principal, kept.route, kept.key) = (d.principal, d.route, d.key)
            AND kept.created_at < statement_timestamp() - interval '24 hours';
        RETURN QUERY
            SELECT
                d.item,
                CASE WHEN same.outcome IS NULL THEN 'key-reused' END,
                same.outcome ->> 'consent', (same.outcome ->> 'seq')::bigint, decode(same.outcome ->> 'hash', 'hex')
            FROM unnest(_asked) AS d
            LEFT JOIN consentfeed.idempotency_keys AS same
                ON (same.principal, same.route, same.key, same.item) = (d.principal, d.route, d.key, d.key_item)
                AND same.request_sha256 = decode(d.request_sha256, 'hex')
            WHERE same.outcome IS NOT NULL OR EXISTS (
                SELECT FROM consentfeed.idempotency_keys AS other
                WHERE (other.principal, other.route, other.key) = (d.principal, d.route, d.key)
                    AND other.request_sha256 <> decode(d.request_sha256, 'hex')
            );
        SELECT coalesce(array_agg(d.item), '{}') INTO _kept
        FROM unnest(_asked) AS d
        WHERE EXISTS (
            SELECT FROM consentfeed.idempotency_keys AS kept
            WHERE (kept.principal, kept.route, kept.key) = (d.principal, d.route, d.key)
                AND (kept.item = d.key_item OR kept.request_sha256 <> decode(d.request_sha256, 'hex'))
        );
    END IF;

    -- In the order of ids, and never waiting: a transaction left open in psql holds up its own rows alone.
    SELECT coalesce(array_agg(held.id), '{}') INTO _locked
    FROM (
        SELECT consent.id
        FROM consentfeed.consents AS consent
        WHERE consent.id IN (SELECT d.consent_id FROM unnest(_asked) AS d)
        ORDER BY consent.id
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS held;
    -- Called inside a larger transaction, that one's own changes come first.
    SET CONSTRAINTS consentfeed.append_event IMMEDIATE;
    SET CONSTRAINTS consentfeed.append_event DEFERRED;
    -- After the rows are locked: later events of these consents can only be ours.
    SELECT max(event.seq) INTO _head FROM consentfeed.events AS event;
    SELECT coalesce(max(same.times), 0) INTO _rounds
    FROM (SELECT count(*) AS times FROM unnest(_asked) AS d GROUP BY d.consent_id) AS same;

    -- One round for all consents; further ones where a consent is decided more than once.
    FOR _round IN 1 .. _rounds LOOP
        WITH asked AS (
            SELECT * FROM (
                SELECT d.*, row_number() OVER (PARTITION BY d.consent_id ORDER BY d.item) AS round
                FROM unnest(_asked) AS d
                WHERE d.item <> ALL (_kept)
            ) AS numbered
            WHERE numbered.round = _round
        ),
        judged AS (
            SELECT
                a.*, c AS present,
                consentfeed.current_status(c.status, c.expires_at) AS present_status,
                CASE
                    WHEN c.id IS NULL OR c.customer_id <> a.only_customer THEN 'not-found'
                    WHEN c.id <> ALL (_locked) THEN 'busy'
                    WHEN a.action = 'revoke' THEN NULL
                    WHEN NOT c.version = ANY (a.if_match) THEN 'stale'
                    WHEN notice.version IS NULL THEN 'no-notice'
                    WHEN a.notice_version <> notice.version THEN 'notice-superseded'
                    WHEN a.language <> notice.language THEN 'no-such-language'
                END AS problem,
                CASE a.action
                    WHEN 'revoke' THEN c.status <> 'revoked'
                    ELSE consentfeed.current_status(c.status, c.expires_at) <> 'granted'
                        OR c.notice_version <> notice.version
                END AS changes
            FROM asked AS a
            LEFT JOIN consentfeed.consents AS c ON c.id = a.consent_id
            LEFT JOIN consentfeed.customers AS who ON who.id = c.customer_id
            -- Inlined, because its arguments are plain columns; with a subquery in them it would be called for each row.
            LEFT JOIN LATERAL consentfeed.notice_in_force(c.purpose, coalesce(a.language, who.language)) AS notice
                ON a.action = 'grant'
        ),
        changed AS (
            UPDATE consentfeed.consents AS c
            SET status = CASE j.action WHEN 'grant' THEN 'granted' ELSE 'revoked' END,
                notice_version = j.notice_version, notice_language = j.language, -- what stamp_state() has to find
                actor_kind = j.actor_kind, actor_id = j.actor_id, method = j.method,
                reason_code = j.reason_code, reason_reference = j.reason_reference,
                note_sha256 = sha256(convert_to(salted.salt || j.note, 'UTF8'))
            FROM judged AS j, LATERAL (SELECT CASE WHEN j.note IS NOT NULL THEN gen_random_uuid()::text END AS salt) AS salted
            WHERE c.id = j.consent_id AND j.problem IS NULL AND j.changes
            RETURNING j.item, consentfeed.consent_json(c, c.status) AS consent, salted.salt
        )
        SELECT _done || coalesce(array_agg(
            ROW(
                j.item, j.consent_id, j.problem, changed.item IS NOT NULL,
                coalesce(changed.consent, CASE WHEN j.problem IS NULL THEN consentfeed.consent_json(j.present, j.present_status) END),
                changed.salt
            )::consentfeed.outcome
        ), '{}') INTO _done
        FROM judged AS j LEFT JOIN changed ON changed.item = j.item;
    END LOOP;

    PERFORM set_config('consentfeed.recording', 'off', true);
    -- Appends the events now, to learn their positions; the lock is held until the commit that follows at once.
    SET CONSTRAINTS consentfeed.append_event IMMEDIATE;
    SET CONSTRAINTS consentfeed.append_event DEFERRED;

    RETURN QUERY
        WITH made AS (
            SELECT event.consent_id, event.seq, event.hash,
                row_number() OVER (PARTITION BY event.consent_id ORDER BY event.seq) AS nth
            FROM consentfeed.events AS event
            WHERE event.seq > _head
                AND event.consent_id IN (SELECT o.consent_id FROM unnest(_done) AS o WHERE o.changed)
        ),
        told AS (
            SELECT o.*, row_number() OVER (PARTITION BY o.consent_id, o.changed ORDER BY o.item) AS nth
            FROM unnest(_done) AS o
        ),
        outcomes AS (
            SELECT told.*, made.seq, made.hash
            FROM told
            LEFT JOIN made ON told.changed AND (made.consent_id, made.nth) = (told.consent_id, told.nth)
        ),
        notes AS (
            INSERT INTO consentfeed.event_notes (seq, salt, note)
            SELECT o.seq, o.salt, d.note
            FROM outcomes AS o JOIN unnest(_asked) AS d ON d.item = o.item
            WHERE o.salt IS NOT NULL
        ),
        keys AS (
            INSERT INTO consentfeed.idempotency_keys (principal, route, key, item, request_sha256, outcome)
            SELECT
                d.principal, d.route, d.key, d.key_item, decode(d.request_sha256, 'hex'),
                jsonb_build_object('consent', o.consent, 'seq', o.seq, 'hash', encode(o.hash, 'hex'))
            FROM outcomes AS o JOIN unnest(_asked) AS d ON d.item = o.item
            WHERE d.key IS NOT NULL AND o.problem IS NULL
            ORDER BY d.principal, d.route, d.key, d.key_item
        )
        SELECT o.item, o.problem, o.consent, o.seq, o.hash FROM outcomes AS o;
END
$$;
COMMENT ON FUNCTION consentfeed.record_decisions IS 'Grants and revokes, many at once, one outcome each. problem is NULL where it was done; seq and hash are NULL where nothing changed. "busy": the row is held by another transaction, ask again.';
