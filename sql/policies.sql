-- Which rows the service sees. A function that serves one customer says so in a setting, first thing, and takes it back at
-- its end; meanwhile consents and events of others are not there: a forgotten WHERE shows nobody else's. Row 0 of the log is
-- nobody's. Without the setting there is no restriction: staff see everybody's.
DO $$
DECLARE
    _table text;
    _nobodys text;
BEGIN
    FOR _table, _nobodys IN VALUES ('consents', 'false'), ('events', 'seq = 0') LOOP
        -- Once only: CREATE POLICY waits for all readers, and they for it. To change one, drop it in a migration.
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_catalog.pg_policy AS policy
            WHERE policy.polrelid = format('consentfeed.%I', _table)::regclass AND policy.polname = 'one_customer'
        );
        -- In a subquery the setting is read once for each statement. The planner takes IS NOT NULL to be true for nearly
        -- all rows, as it is for staff; from any plainer form it would expect few rows, and choose other plans.
        EXECUTE format($policy$
            CREATE POLICY one_customer ON consentfeed.%I AS RESTRICTIVE FOR SELECT TO consentfeed_app USING (
                CASE
                    WHEN nullif(
                        (SELECT nullif(current_setting('consentfeed.only_customer', true), '')::uuid), customer_id
                    ) IS NULL OR %s THEN true
                END IS NOT NULL
            )
        $policy$, _table, _nobodys);
        EXECUTE format($policy$
            COMMENT ON POLICY one_customer ON consentfeed.%I IS
            'While consentfeed.only_customer is set, the service sees that customer''s rows alone.'
        $policy$, _table);
    END LOOP;
END
$$;
