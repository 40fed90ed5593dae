CREATE OR REPLACE FUNCTION consentfeed.about_customers(query text, msisdn_beginning text, msisdn_ending text)
RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        -- -1 before the first VACUUM or ANALYZE.
        WHEN query IS NULL THEN (
            SELECT greatest(class.reltuples, 0)::bigint FROM pg_class AS class
            WHERE class.oid = 'consentfeed.customers'::regclass
        )
        ELSE (SELECT count(*) FROM consentfeed.find_customers(query, msisdn_beginning, msisdn_ending))
    END
$$;
COMMENT ON FUNCTION consentfeed.about_customers IS 'About how many customers list_customers() would list in all.';
