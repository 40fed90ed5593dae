CREATE OR REPLACE FUNCTION consentfeed.customer_names(ids uuid [])
RETURNS TABLE (id uuid, name text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT customer.id, customer.name FROM consentfeed.customers AS customer WHERE customer.id = ANY (ids)
$$;
COMMENT ON FUNCTION consentfeed.customer_names IS 'What these customers are called; no row for an id that is nobody''s.';
