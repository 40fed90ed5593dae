CREATE OR REPLACE FUNCTION consentfeed.list_erased(after_time timestamptz, after_id uuid, max_rows integer)
RETURNS TABLE (id uuid, erased_at timestamptz)
LANGUAGE sql STABLE ROWS 1000
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT customer.id, customer.erased_at
    FROM consentfeed.customers AS customer
    WHERE customer.erased_at IS NOT NULL
        AND (list_erased.after_id IS NULL OR (customer.erased_at, customer.id) > (list_erased.after_time, list_erased.after_id))
    ORDER BY customer.erased_at, customer.id
    LIMIT max_rows
$$;
COMMENT ON FUNCTION consentfeed.list_erased IS 'Customers who were erased, oldest erasure first, page by page.';
