-- Ranges instead of LIKE: a function's parameter is unknown to the planner, and LIKE on an unknown pattern uses no index.
CREATE OR REPLACE FUNCTION consentfeed.find_customers(query text, msisdn_prefix text)
RETURNS SETOF uuid
LANGUAGE sql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT customer.id
    FROM consentfeed.customers AS customer
    WHERE customer.name_words @@ (
        SELECT string_agg('''' || word || ''':*', ' & ')::tsquery
        FROM regexp_split_to_table(lower(query), '[[:space:][:punct:]]+') AS word
        WHERE word <> ''
    )
    UNION
    SELECT customer.id
    FROM consentfeed.customers AS customer
    WHERE lower(customer.email) ~>=~ lower(query) AND lower(customer.email) ~<~ (lower(query) || chr(1114111))
    UNION
    SELECT customer.id
    FROM consentfeed.customers AS customer
    WHERE customer.msisdn ~>=~ msisdn_prefix AND customer.msisdn ~<~ (msisdn_prefix || ':')
    UNION
    SELECT customer.id
    FROM consentfeed.customers AS customer
    WHERE customer.id = CASE WHEN query ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN query::uuid END
$$;
COMMENT ON FUNCTION consentfeed.find_customers IS 'Customers whose name has words beginning with those of the query, whose e-mail or number begins with it, or whose id it is.';
