-- VOLATILE, because PostgreSQL takes EXPLAIN for no query; it is planned, not run. By the plan, because counting would take
-- as long as reading them all.
CREATE OR REPLACE FUNCTION consentfeed.about_consents(
    customers uuid [], purposes text [], channels text [], statuses text [], query text, msisdn_beginning text,
    msisdn_ending text, updated_after timestamptz, updated_before timestamptz
)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _found uuid[] := CASE WHEN query IS NOT NULL THEN ARRAY(
        SELECT consentfeed.find_customers(query, msisdn_beginning, msisdn_ending)
    ) END;
    _id uuid := CASE WHEN query ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN query::uuid END;
    -- Of the column there are statistics, of a function's result a guess, and twice the same counts as rarer than once. What
    -- has expired since the last chore is no matter here.
    _filter text := replace(
        replace(consentfeed.consents_filter(), 'consentfeed.current_status(c.status, c.expires_at)', 'c.status'),
        $part$AND ($4 IS NULL OR 'pending' = ANY ($4) OR c.status <> 'pending')$part$, ''
    );
    _plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) SELECT ' || _filter INTO STRICT _plan
    USING customers, purposes, channels, statuses, _found, _id, updated_after, updated_before;
    RETURN (_plan -> 0 -> 'Plan' ->> 'Plan Rows')::numeric;
END
$$;
COMMENT ON FUNCTION consentfeed.about_consents IS 'About how many consents list_consents() would list in all: the planner''s estimate.';
