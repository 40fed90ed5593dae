CREATE OR REPLACE FUNCTION consentfeed.list_customers(
    query text, msisdn_beginning text, msisdn_ending text, after_key text, after_id uuid, max_rows integer
)
RETURNS TABLE (customer text, sort_key text, id uuid)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- Found first, so that the planner knows how many there are.
    _found uuid[] := CASE WHEN query IS NOT NULL THEN ARRAY(
        SELECT consentfeed.find_customers(query, msisdn_beginning, msisdn_ending)
    ) END;
BEGIN
    -- EXECUTE plans with the values, so that an absent filter costs nothing and each case uses its index.
    RETURN QUERY EXECUTE $query$
        SELECT
            left(consentfeed.known_customer_json(c), -1) || ',"consents":' || consentfeed.consents_summary(c.id) || '}',
            c.name_key, c.id
        FROM consentfeed.customers AS c
        -- Who was erased has no name to be listed by, and is found by id.
        WHERE (($1 IS NULL AND c.erased_at IS NULL) OR c.id = ANY ($1))
            AND ($3 IS NULL OR (c.name_key, c.id) > ($2, $3))
        ORDER BY c.name_key, c.id
        LIMIT $4
    $query$ USING _found, after_key, after_id, max_rows;
END
$$;
COMMENT ON FUNCTION consentfeed.list_customers IS 'Customers by name, page by page, each with a summary of the consents; with a query those that find_customers() finds.';
