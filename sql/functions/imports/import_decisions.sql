-- The last decision counts, by the time at which it was made, in whatever order rows come; of two at one time the revocation.
-- So rows that come again, or half of them and then all, leave the same. Repeating an answer later is a decision, too: without
-- it a row that lies between would seem to be the last.
CREATE OR REPLACE FUNCTION consentfeed.import_decisions(
    rows consentfeed.import_row [], source text, actor_kind text, actor_id text,
    OUT outcomes consentfeed.import_outcome [], OUT events consentfeed.new_event []
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off -- as in import_customers()
AS $$
DECLARE
    _consents uuid[];
    _customers uuid[];
    _owners uuid[];
    _locked uuid[];
    _rounds bigint;
BEGIN
    outcomes := '{}';
    events := '{}';
    SELECT
        array_agg(consent.id ORDER BY entry.ordinality), array_agg(customer.id ORDER BY entry.ordinality)
    INTO _consents, _customers
    FROM unnest(import_decisions.rows) WITH ORDINALITY AS entry
    LEFT JOIN LATERAL (
        SELECT one.id, one.reference FROM consentfeed.customers AS one WHERE one.id = entry.customer
        UNION ALL
        SELECT one.id, one.reference FROM consentfeed.customers AS one
        WHERE one.reference = entry.reference
            AND NOT EXISTS (SELECT FROM consentfeed.customers AS other WHERE other.id = entry.customer)
    ) AS customer ON entry.problem IS NULL
    LEFT JOIN consentfeed.consents AS consent
        ON (consent.customer_id, consent.purpose, consent.channel) = (customer.id, entry.purpose, entry.channel);

    -- Against an erasure, which takes the customer first; in the order of ids, and never waiting, as in record_decisions().
    SELECT coalesce(array_agg(held.id), '{}') INTO _owners
    FROM (
        SELECT customer.id FROM consentfeed.customers AS customer
        WHERE customer.id = ANY (_customers)
        ORDER BY customer.id
        FOR KEY SHARE SKIP LOCKED
    ) AS held;
    SELECT coalesce(array_agg(held.id), '{}') INTO _locked
    FROM (
        SELECT consent.id FROM consentfeed.consents AS consent
        WHERE consent.id = ANY (_consents) AND consent.customer_id = ANY (_owners)
        ORDER BY consent.id
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS held;
    SELECT coalesce(max(same.times), 1) INTO _rounds
    FROM (
        SELECT count(*) AS times FROM unnest(_consents) AS one (id) WHERE one.id IS NOT NULL GROUP BY one.id
    ) AS same;

    FOR _round IN 1 .. _rounds LOOP
        WITH asked AS (
            SELECT * FROM (
                SELECT
                    entry.*, at.consent_id, at.customer_id,
                    CASE WHEN at.consent_id IS NULL THEN 1 ELSE
                        row_number() OVER (PARTITION BY at.consent_id ORDER BY entry.ordinality)
                    END AS round
                FROM unnest(import_decisions.rows) WITH ORDINALITY AS entry
                JOIN unnest(_consents, _customers) WITH ORDINALITY AS at (consent_id, customer_id, item)
                    ON at.item = entry.ordinality
            ) AS numbered
            WHERE numbered.round = _round
        ),
        judged AS (
            SELECT
                a.ordinality AS item, a.customer_id, a.status AS answer, a.decided_at, a.decision_reference,
                c.id AS consent_id, c.version AS present_version,
                notice.version AS notice_version, notice.language AS notice_language, notice.sha256 AS notice_sha256,
                a.decided_at + purpose.default_validity AS expires_at,
                CASE
                    WHEN a.problem IS NOT NULL OR a.status IS NULL THEN NULL
                    WHEN who.erased_at > a.decided_at OR (who.erased_at IS NOT NULL AND a.status = 'revoked') THEN 'erased'
                    WHEN c.version = 0 OR a.decided_at > last.at
                        OR (a.decided_at = last.at AND a.status = 'revoked' AND c.status <> 'revoked') THEN 'recorded'
                    WHEN a.decided_at = last.at AND (a.status = 'revoked') = (c.status = 'revoked') THEN 'unchanged'
                    WHEN EXISTS (
                        SELECT FROM consentfeed.events AS event
                        WHERE event.consent_id = c.id AND event.type = a.status
                            AND event.body::json ->> 'timestamp' = consentfeed.rfc3339(a.decided_at)
                    ) THEN 'unchanged'
                    ELSE 'superseded'
                END AS outcome,
                CASE
                    WHEN a.problem IS NOT NULL THEN ROW(a.problem, a.member)::consentfeed.import_problem
                    WHEN a.status IS NULL THEN NULL
                    WHEN a.decided_at > statement_timestamp() THEN ROW('invalid', 'decided_at')::consentfeed.import_problem
                    WHEN purpose.key IS NULL THEN ROW('invalid', 'purpose')::consentfeed.import_problem
                    WHEN who.id <> a.customer THEN ROW('reference-taken', 'reference')::consentfeed.import_problem
                    WHEN who.erased_at <= a.decided_at AND a.status = 'granted'
                        THEN ROW('erased', NULL)::consentfeed.import_problem
                    WHEN who.erased_at IS NOT NULL THEN NULL
                    WHEN who.id IS NOT NULL AND who.reference IS DISTINCT FROM coalesce(a.reference, who.reference)
                        THEN ROW('reference-taken', 'reference')::consentfeed.import_problem
                    WHEN a.status = 'granted' AND NOT purpose.offered
                        THEN ROW('not-offered', 'purpose')::consentfeed.import_problem
                    WHEN c.id IS NULL AND a.channel <> ALL (purpose.channels)
                        THEN ROW('invalid', 'channel')::consentfeed.import_problem
                    WHEN a.status = 'granted' AND a.notice_version IS NOT NULL AND notice.version IS NULL
                        THEN ROW('no-notice', 'notice_version')::consentfeed.import_problem
                    WHEN a.status = 'granted' AND a.notice_version IS NOT NULL
                        AND NOT consentfeed.language_fits(a.language, notice.language)
                        THEN ROW('no-such-language', 'language')::consentfeed.import_problem
                    WHEN (c.id = ANY (_locked)) IS NOT TRUE THEN ROW('busy', NULL)::consentfeed.import_problem
                END AS problem
            FROM asked AS a
            LEFT JOIN consentfeed.customers AS who ON who.id = a.customer_id
            LEFT JOIN consentfeed.consents AS c ON c.id = a.consent_id
            LEFT JOIN consentfeed.purposes AS purpose ON purpose.key = a.purpose
            CROSS JOIN LATERAL (SELECT consentfeed.decided_at(c) AS at) AS last
            LEFT JOIN LATERAL (
                SELECT told.version, told.language, told.sha256
                FROM consentfeed.notices AS told
                WHERE told.purpose = a.purpose AND told.version = a.notice_version
                    AND told.published_at <= statement_timestamp()
                ORDER BY
                    coalesce(consentfeed.language_fits(coalesce(a.language, who.language), told.language), false) DESC,
                    (told.language = 'en') DESC, told.language COLLATE "C"
                LIMIT 1
            ) AS notice ON a.status = 'granted'
        ),
        changed AS (
            UPDATE consentfeed.consents AS c
            SET status = j.answer, version = c.version + 1, updated_at = statement_timestamp(),
                notice_version = CASE j.answer WHEN 'granted' THEN j.notice_version ELSE c.notice_version END,
                notice_language = CASE j.answer WHEN 'granted' THEN j.notice_language ELSE c.notice_language END,
                notice_sha256 = CASE j.answer WHEN 'granted' THEN j.notice_sha256 ELSE c.notice_sha256 END,
                granted_at = CASE j.answer WHEN 'granted' THEN j.decided_at ELSE c.granted_at END,
                revoked_at = CASE j.answer WHEN 'revoked' THEN j.decided_at END,
                expires_at = CASE j.answer WHEN 'granted' THEN j.expires_at END,
                actor_kind = import_decisions.actor_kind, actor_id = import_decisions.actor_id, method = 'import',
                reason_code = import_decisions.source, reason_reference = j.decision_reference, note_sha256 = NULL
            FROM judged AS j
            WHERE c.id = j.consent_id AND j.outcome = 'recorded' AND (j.problem).code IS NULL
            RETURNING j.item, j.customer_id, c AS became
        ),
        -- One after the other, not joined: the planner expects one row, and would look through all for each.
        done AS (
            SELECT
                changed.item, 'recorded' AS outcome, NULL::consentfeed.import_problem AS problem, changed.customer_id,
                changed.became, cardinality(import_decisions.events) + row_number() OVER (ORDER BY changed.item) AS nth
            FROM changed
            UNION ALL
            SELECT
                j.item, CASE WHEN (j.problem).code IS NULL THEN coalesce(j.outcome, 'skipped') END, j.problem, j.customer_id,
                NULL, NULL
            FROM judged AS j
            WHERE (j.problem).code IS NOT NULL OR j.outcome IS DISTINCT FROM 'recorded'
        )
        SELECT
            import_decisions.outcomes || coalesce(array_agg(ROW(
                d.item, d.outcome, (d.problem).code, (d.problem).member, d.customer_id, d.nth
            )::consentfeed.import_outcome), '{}'),
            import_decisions.events || coalesce(
                array_agg(consentfeed.consent_event(d.became) ORDER BY d.nth) FILTER (WHERE d.nth IS NOT NULL), '{}'
            )
        INTO import_decisions.outcomes, import_decisions.events
        FROM done AS d;
    END LOOP;
END
$$;
COMMENT ON FUNCTION consentfeed.import_decisions IS 'Writes the decisions of rows into the consents; what became of each row, and the events, which have no place in the log yet. For import_rows().';
