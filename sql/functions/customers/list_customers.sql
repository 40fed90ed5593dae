CREATE OR REPLACE FUNCTION consentfeed.list_customers(
    query text, msisdn_prefix text, after_name text, after_id uuid, max_rows integer
)
RETURNS TABLE (customer text, name text, id uuid)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- EXECUTE plans with the values, so that an absent filter costs nothing and each case uses its index.
    RETURN QUERY EXECUTE $query$
        SELECT consentfeed.customer_json(c), coalesce(c.name, ''), c.id
        FROM consentfeed.customers AS c
        WHERE ($1 IS NULL OR c.id IN (SELECT consentfeed.find_customers($1, $2)))
            AND ($4 IS NULL OR (coalesce(c.name, ''), c.id) > ($3, $4))
        ORDER BY coalesce(c.name, ''), c.id
        LIMIT $5
    $query$ USING query, msisdn_prefix, after_name, after_id, max_rows;
END
$$;
COMMENT ON FUNCTION consentfeed.list_customers IS 'Customers by name, page by page; with a query those that find_customers() finds.';
