-- Ranges instead of LIKE: a function's parameter is unknown to the planner, and LIKE on an unknown pattern uses no index.
CREATE OR REPLACE FUNCTION consentfeed.find_customers(query text, msisdn_beginning text, msisdn_ending text)
RETURNS SETOF uuid
LANGUAGE sql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT customer.id
    FROM consentfeed.customers AS customer
    WHERE customer.name_words @@ (SELECT consentfeed.name_query(query))
    UNION
    SELECT customer.id
    FROM consentfeed.customers AS customer
    WHERE customer.email_key ~>=~ consentfeed.folded_address(query)
        AND customer.email_key ~<~ (consentfeed.folded_address(query) || chr(1114111))
    UNION
    SELECT customer.id
    FROM consentfeed.customers AS customer
    WHERE customer.msisdn ~>=~ msisdn_beginning AND customer.msisdn ~<~ (msisdn_beginning || ':')
    UNION
    SELECT customer.id
    FROM consentfeed.customers AS customer
    WHERE reverse(customer.msisdn) ~>=~ reverse(msisdn_ending) AND reverse(customer.msisdn) ~<~ (reverse(msisdn_ending) || ':')
    UNION
    SELECT customer.id
    FROM consentfeed.customers AS customer
    WHERE customer.reference = query
    UNION
    SELECT customer.id
    FROM consentfeed.customers AS customer
    WHERE customer.id = CASE WHEN query ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN query::uuid END
$$;
COMMENT ON FUNCTION consentfeed.find_customers IS 'Customers whose name has words beginning with those of the query, whose e-mail begins with it, whose number begins or ends so (NULL: no number is looked for), or whose reference or id it is.';
