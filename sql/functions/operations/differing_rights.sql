CREATE OR REPLACE FUNCTION consentfeed.differing_rights(functions text [], tables text [])
RETURNS TABLE (difference text, grave boolean)
LANGUAGE sql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
    WITH relation AS (
        SELECT class.oid, 'consentfeed.' || class.relname AS name
        FROM pg_class AS class
        WHERE class.relnamespace = 'consentfeed'::regnamespace AND class.relkind IN ('r', 'p', 'v', 'm', 'f')
    )
    SELECT 'may ' || privilege || ' ' || relation.name, true
    FROM relation, unnest('{INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) AS privilege
    WHERE has_table_privilege(relation.oid, privilege)
        OR privilege IN ('INSERT', 'UPDATE') AND has_any_column_privilege(relation.oid, privilege)
    UNION ALL
    SELECT 'may not SELECT ' || wanted, true
    FROM unnest(differing_rights.tables) AS wanted
    WHERE has_any_column_privilege(to_regclass(wanted), 'SELECT') IS NOT TRUE
    UNION ALL
    SELECT 'may not call ' || wanted, true
    FROM unnest(differing_rights.functions) AS wanted
    WHERE has_function_privilege(to_regprocedure(wanted), 'EXECUTE') IS NOT TRUE
    UNION ALL
    SELECT 'may SELECT ' || relation.name, false
    FROM relation
    WHERE relation.name <> ALL (differing_rights.tables) AND has_any_column_privilege(relation.oid, 'SELECT')
    UNION ALL
    SELECT 'may call ' || routine.oid::regprocedure, false
    FROM pg_proc AS routine
    WHERE routine.pronamespace = 'consentfeed'::regnamespace
        AND has_function_privilege(routine.oid, 'EXECUTE')
        AND NOT EXISTS (
            SELECT FROM unnest(differing_rights.functions) AS wanted WHERE to_regprocedure(wanted) = routine.oid
        )
$$;
COMMENT ON FUNCTION consentfeed.differing_rights IS 'Where the rights of the caller differ from these functions and tables, and nothing written; grave: it could write, or cannot serve.';
