CREATE OR REPLACE FUNCTION consentfeed.list_consents(
    customers uuid [], purposes text [], channels text [], statuses text [], query text, msisdn_beginning text,
    msisdn_ending text, updated_after timestamptz, updated_before timestamptz, sort text, after_key text, after_id uuid,
    max_rows integer
)
RETURNS TABLE (seq bigint, hash bytea, consent text, sort_key text, id uuid, customer_id uuid)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _by text := CASE ltrim(sort, '-') WHEN 'customer' THEN 'u.name_key' ELSE 'c.updated_at' END;
    _type text := CASE ltrim(sort, '-') WHEN 'customer' THEN 'text' ELSE 'timestamptz' END;
    _descending boolean := sort LIKE '-%';
    -- Found first, so that the planner knows how many there are.
    _found uuid[] := CASE WHEN query IS NOT NULL THEN ARRAY(
        SELECT consentfeed.find_customers(query, msisdn_beginning, msisdn_ending)
    ) END;
    _id uuid := CASE WHEN query ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN query::uuid END;
BEGIN
    -- Both from the one snapshot of a STABLE function: events after this position are exactly what the list does not show.
    SELECT event.seq, event.hash INTO list_consents.seq, list_consents.hash
    FROM consentfeed.events AS event ORDER BY event.seq DESC LIMIT 1;
    RETURN NEXT;
    RETURN QUERY EXECUTE format($query$
        SELECT
            NULL::bigint, NULL::bytea,
            left(consentfeed.consent_json(c, consentfeed.current_status(c.status, c.expires_at)), -1)
                || ',"customer":' || consentfeed.customer_json(u) || '}',
            %1$s::text, c.id, c.customer_id
        %5$s
            -- The first part alone can use the index where the two columns are of two tables.
            AND ($10 IS NULL OR (%1$s %2$s= $9::%3$s AND (%1$s, c.id) %2$s ($9::%3$s, $10)))
        ORDER BY %1$s %4$s, c.id %4$s
        LIMIT $11
    $query$, _by, CASE WHEN _descending THEN '<' ELSE '>' END, _type, CASE WHEN _descending THEN 'DESC' ELSE 'ASC' END,
        consentfeed.consents_filter())
    USING customers, purposes, channels, statuses, _found, _id, updated_after, updated_before, after_key, after_id, max_rows;
END
$$;
COMMENT ON FUNCTION consentfeed.list_consents IS 'First row: the newest event in this snapshot. Then consents, sorted by updated_at or customer ("-" before it: descending), page by page.';
