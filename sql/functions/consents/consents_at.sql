CREATE OR REPLACE FUNCTION consentfeed.consents_at(
    customer uuid, consent uuid, only_customer uuid, purposes text [], channels text [], statuses text [], at timestamptz
)
RETURNS TABLE (seq bigint, hash bytea, state text, version bigint, kept boolean, customer_id uuid)
LANGUAGE plpgsql STABLE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Before anything is hidden: the time is looked for among all events.
    SELECT place.seq, place.hash INTO consents_at.seq, consents_at.hash
    FROM consentfeed.position_at(consents_at.at) AS place;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN NEXT;
    IF only_customer IS NOT NULL THEN
        -- From here on nobody else's rows are there (policies.sql).
        PERFORM set_config('consentfeed.only_customer', only_customer::text, true);
    END IF;
    RETURN QUERY
        SELECT
            NULL::bigint, NULL::bytea,
            CASE
                WHEN consents_at.customer IS NULL THEN past.state
                ELSE left(past.state, -1) || ',"customer":' || consentfeed.customer_json(who) || '}'
            END,
            past.version, past.kept, present.customer_id
        FROM consentfeed.consents AS present
        JOIN consentfeed.customers AS who ON who.id = present.customer_id
        JOIN consentfeed.purposes AS purpose ON purpose.key = present.purpose
        CROSS JOIN LATERAL consentfeed.state_at(present, consents_at.seq, consents_at.at) AS past
        WHERE (present.id = consents_at.consent OR present.customer_id = consents_at.customer)
            AND (consents_at.only_customer IS NULL OR present.customer_id = consents_at.only_customer)
            AND (consents_at.purposes IS NULL OR present.purpose = ANY (consents_at.purposes))
            AND (consents_at.channels IS NULL OR present.channel = ANY (consents_at.channels))
            AND (consents_at.statuses IS NULL OR NOT past.kept OR past.status = ANY (consents_at.statuses))
        ORDER BY purpose.position, purpose.key, present.channel;
    PERFORM set_config('consentfeed.only_customer', '', true);
END
$$;
COMMENT ON FUNCTION consentfeed.consents_at IS 'First row: the last event by that time; no row at all where the kept log begins later. Then one consent, or those of a customer that fit, as they were then; kept is false where retention has dropped what is needed.';
