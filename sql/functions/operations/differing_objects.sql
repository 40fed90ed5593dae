-- Tables, columns, indexes and constraints that were added to ours are nobody's concern; triggers, rules, policies and rights are.
CREATE OR REPLACE FUNCTION consentfeed.differing_objects()
RETURNS TABLE (kind text, relation text, name text, noted text, present text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
    WITH partitions AS (
        SELECT class.relname AS name
        FROM pg_class AS class
        WHERE class.relnamespace = to_regnamespace('consentfeed') AND class.relkind = 'r'
            AND (class.relispartition OR class.relname ~ '^events_p[0-9]+$')
    ),
    expected AS (
        SELECT entry.* FROM consentfeed.inventory AS entry
        UNION ALL
        -- Each partition has the guards of the log.
        SELECT entry.kind, partition.name, entry.name, entry.state
        FROM consentfeed.inventory AS entry, partitions AS partition
        WHERE (entry.kind, entry.relation) = ('trigger', 'events')
        UNION ALL
        SELECT 'partition', partition.name, partition.name, 'attached' FROM partitions AS partition
        UNION ALL
        SELECT 'inventory', '', 'inventory', 'filled' WHERE NOT EXISTS (SELECT FROM consentfeed.inventory)
    )
    SELECT *
    FROM (
        SELECT kind, relation, name, expected.state AS noted, present.state AS present
        FROM expected FULL JOIN consentfeed.present_objects() AS present USING (kind, relation, name)
    ) AS compared
    WHERE compared.noted IS DISTINCT FROM compared.present
        AND (compared.noted IS NOT NULL OR compared.kind IN ('trigger', 'rule', 'policy', 'rights', 'owner'))
$$;
COMMENT ON FUNCTION consentfeed.differing_objects IS 'Where the schema is other than sql/ made it: noted NULL: it was added; present NULL: it is missing. No row: all is as it was made.';
