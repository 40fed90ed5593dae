-- Which rows the service sees. A function that serves one customer says so in a setting, first thing, and takes it back at
-- its end; meanwhile consents, requests and events of others are not there: a forgotten WHERE shows nobody else's. Row 0 of the log is
-- nobody's. Without the setting there is no restriction: staff see everybody's.
DO $$
DECLARE
    _table text;
    _nobodys text;
    _policy text;
    _class pg_catalog.pg_class;
BEGIN
    FOR _table, _nobodys IN VALUES
        ('consents', 'false'), ('events', 'seq = 0'), ('rights_requests', 'false'), ('rights_texts', 'false')
    LOOP
        -- All of this only where it is not so: it waits for all readers, and they for it.
        SELECT class.* INTO _class FROM pg_catalog.pg_class AS class
        WHERE class.oid = format('consentfeed.%I', _table)::regclass;
        IF NOT _class.relrowsecurity THEN
            EXECUTE format('ALTER TABLE consentfeed.%I ENABLE ROW LEVEL SECURITY', _table);
        END IF;
        IF _class.relforcerowsecurity THEN
            EXECUTE format('ALTER TABLE consentfeed.%I NO FORCE ROW LEVEL SECURITY', _table);
        END IF;
        -- What somebody has altered is made again. To change one here, drop it in a migration.
        FOR _policy IN
            SELECT altered.name FROM consentfeed.differing_objects() AS altered
            WHERE altered.kind = 'policy' AND altered.relation = _table
                AND altered.noted IS NOT NULL AND altered.present IS NOT NULL
        LOOP
            EXECUTE format('DROP POLICY %I ON consentfeed.%I', _policy, _table);
        END LOOP;
        IF NOT EXISTS (
            SELECT FROM pg_catalog.pg_policy AS policy WHERE policy.polrelid = _class.oid AND policy.polname = 'all_rows'
        ) THEN
            EXECUTE format('CREATE POLICY all_rows ON consentfeed.%I USING (true) WITH CHECK (true)', _table);
            EXECUTE format($policy$
                COMMENT ON POLICY all_rows ON consentfeed.%I IS
                'Grants alone say who may do what: without this, nobody but the owner would see a row.'
            $policy$, _table);
        END IF;
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_catalog.pg_policy AS policy WHERE policy.polrelid = _class.oid AND policy.polname = 'one_customer'
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
