-- Whether another has them, not how many: an address may be a whole company's.
CREATE OR REPLACE FUNCTION consentfeed.known_customer_json(customer consentfeed.customers)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT left(consentfeed.customer_json(customer), -1) || ',"shared":' || to_json(array_remove(ARRAY[
        CASE WHEN EXISTS (
            SELECT FROM consentfeed.customers AS other
            WHERE other.email_key = (customer).email_key
                AND other.id <> (customer).id
        ) THEN 'email' END,
        CASE WHEN EXISTS (
            SELECT FROM consentfeed.customers AS other
            WHERE other.msisdn = (customer).msisdn AND other.id <> (customer).id
        ) THEN 'msisdn' END
    ], NULL))::text || '}'
$$;
COMMENT ON FUNCTION consentfeed.known_customer_json IS 'A customer as the API writes it (JSON text), with which of email and msisdn another customer has, too.';
