-- A statement of its own, outside a transaction: at its end it takes the log's lock.
CREATE OR REPLACE FUNCTION consentfeed.import_rows(
    rows jsonb, import uuid, source text, first_row bigint, actor_kind text, actor_id text, dry_run boolean
)
RETURNS TABLE (
    item bigint, outcome text, problem text, member text, customer_id uuid, seq bigint, hash bytea, import_id uuid
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off -- the plan is kept, and the tables may have had no row when it was made
AS $$
DECLARE
    _rows consentfeed.import_row[] := array(
        SELECT jsonb_populate_record(NULL::consentfeed.import_row, element)
        FROM jsonb_array_elements(import_rows.rows) AS element
    );
    _erased bigint[];
    _outcomes consentfeed.import_outcome[];
    _events consentfeed.new_event[];
    _import uuid;
BEGIN
    -- By number, address or reference. Hardly ever there is one, and only then is more looked for.
    SELECT array_agg(entry.ordinality) INTO _erased
    FROM unnest(_rows) WITH ORDINALITY AS entry
    WHERE entry.problem IS NULL AND entry.status IS NOT NULL AND entry.decided_at <= statement_timestamp()
        AND EXISTS (
            SELECT FROM consentfeed.erased_contacts AS contact
            JOIN consentfeed.customers AS gone ON gone.id = contact.customer_id
            WHERE contact.hash = ANY (ARRAY[
                decode(entry.email_hash, 'hex'), decode(entry.msisdn_hash, 'hex'), decode(entry.reference_hash, 'hex')
            ]) AND gone.erased_at > entry.decided_at
        );
    IF _erased IS NOT NULL THEN
        -- But not where a customer who is there has the very same: a family may share them.
        SELECT array_agg(asked.item) INTO _erased
        FROM unnest(_erased) AS asked (item)
        CROSS JOIN LATERAL (SELECT (_rows[asked.item]).*) AS entry
        WHERE NOT EXISTS (
            SELECT FROM (
                SELECT one.* FROM consentfeed.customers AS one WHERE one.id = entry.customer
                UNION ALL
                SELECT one.* FROM consentfeed.customers AS one
                WHERE one.reference = entry.reference AND entry.customer IS NULL
            ) AS known
            WHERE known.msisdn = entry.msisdn OR known.email_key = consentfeed.folded_address(entry.email)
                OR known.reference = entry.reference
        );
    END IF;
    BEGIN
        PERFORM set_config('consentfeed.recording', 'on', true); -- what the triggers of customers and consents look for
        PERFORM consentfeed.import_customers(
            array(
                SELECT (entry.customer, entry.reference, entry.name, entry.email, entry.msisdn, entry.customer_language, NULL, NULL, NULL,
                    entry.purpose, entry.channel, entry.status, entry.decided_at, NULL, NULL, NULL, NULL, NULL)::consentfeed.import_row
                FROM unnest(_rows) WITH ORDINALITY AS entry
                JOIN consentfeed.purposes AS purpose
                    ON purpose.key = entry.purpose AND entry.channel = ANY (purpose.channels)
                WHERE entry.problem IS NULL AND entry.status IS NOT NULL AND entry.decided_at <= statement_timestamp()
                    AND (
                        entry.status = 'revoked' OR (purpose.offered AND (entry.notice_version IS NULL OR EXISTS (
                            SELECT FROM consentfeed.notices AS told
                            WHERE told.purpose = entry.purpose AND told.version = entry.notice_version
                                AND told.published_at <= statement_timestamp()
                                AND consentfeed.language_fits(entry.language, told.language) IS NOT FALSE
                        )))
                    )
                    AND entry.ordinality <> ALL (coalesce(_erased, '{}'))
                ORDER BY entry.ordinality
            ),
            import_rows.actor_kind, import_rows.actor_id
        );
        SELECT made.outcomes, made.events INTO _outcomes, _events
        FROM consentfeed.import_decisions(
            CASE WHEN _erased IS NULL THEN _rows ELSE array(
                SELECT CASE
                    WHEN entry.ordinality <> ALL (_erased) THEN _rows[entry.ordinality]
                END
                FROM unnest(_rows) WITH ORDINALITY AS entry
                ORDER BY entry.ordinality
            ) END,
            import_rows.source, import_rows.actor_kind, import_rows.actor_id
        ) AS made;
        PERFORM set_config('consentfeed.recording', 'off', true);
        IF _erased IS NOT NULL THEN
            _outcomes := array(
                SELECT CASE
                    WHEN done.item = ANY (_erased)
                        THEN ROW(done.item, 'erased', NULL, NULL, NULL, NULL)::consentfeed.import_outcome
                    ELSE ROW(done.item, done.outcome, done.problem, done.member, done.customer, done.nth)::consentfeed.import_outcome
                END
                FROM unnest(_outcomes) AS done
            );
        END IF;
        IF dry_run THEN
            RAISE EXCEPTION USING ERRCODE = 'CF001'; -- takes everything back
        END IF;
    EXCEPTION WHEN SQLSTATE 'CF001' THEN
        RETURN QUERY
            SELECT done.item, done.outcome, done.problem, done.member, done.customer, NULL::bigint, NULL::bytea, NULL::uuid
            FROM unnest(_outcomes) AS done;
        RETURN;
    END;
    _import := consentfeed.count_import(
        _outcomes, import_rows.import, import_rows.source, import_rows.first_row, import_rows.actor_kind, import_rows.actor_id
    );
    -- Customers' own events come first. From here on nothing is waited for.
    SET CONSTRAINTS consentfeed.append_uncommitted IMMEDIATE;
    SET CONSTRAINTS consentfeed.append_uncommitted DEFERRED;
    RETURN QUERY
        SELECT done.item, done.outcome, done.problem, done.member, done.customer, made.seq, made.hash, _import
        FROM unnest(_outcomes) AS done
        LEFT JOIN consentfeed.append_events(_events) AS made ON made.nth = done.nth;
END
$$;
COMMENT ON FUNCTION consentfeed.import_rows IS 'Imports rows, with one outcome each; item is the place in the array, from 1. outcome: recorded, unchanged, superseded, skipped, erased; else problem, and the member that it is about. first_row: the number of the first row in its file, for the report. dry_run: nothing is kept.';
