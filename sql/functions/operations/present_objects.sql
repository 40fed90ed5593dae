-- What differs in how versions of PostgreSQL word a thing is left out: privileges that only some know, checks for NOT NULL.
-- When this puts a state in other words, a migration has to empty consentfeed.inventory, which is then noted anew.
CREATE OR REPLACE FUNCTION consentfeed.present_objects()
RETURNS TABLE (kind text, relation text, name text, state text)
LANGUAGE sql STABLE ROWS 500
SET search_path = pg_catalog, pg_temp
-- By these, too, the same thing is worded differently.
SET quote_all_identifiers = off
SET datestyle = 'ISO, YMD'
SET intervalstyle = 'postgres'
SET timezone = 'UTC'
SET bytea_output = 'hex'
SET extra_float_digits = 1
AS $$
    WITH here AS (
        SELECT space.oid, space.nspowner, space.nspacl FROM pg_namespace AS space WHERE space.nspname = 'consentfeed'
    ),
    classes AS (
        SELECT class.*, class.relname::text AS name
        FROM pg_class AS class JOIN here ON here.oid = class.relnamespace
    ),
    -- Partitions come and go: of them there is only what could be taken from each alone.
    tables AS (
        SELECT class.* FROM classes AS class
        WHERE class.relkind IN ('r', 'p', 'c') AND NOT class.relispartition AND class.name !~ '^events_p[0-9]+$'
    ),
    routines AS (
        SELECT
            routine.*, format('%s(%s)', routine.proname, pg_get_function_identity_arguments(routine.oid)) AS name
        FROM pg_proc AS routine JOIN here ON here.oid = routine.pronamespace
    )
    SELECT
        'table', class.name, class.name, concat_ws(
            ', ', CASE class.relkind WHEN 'p' THEN 'partitioned' WHEN 'c' THEN 'type' ELSE 'table' END,
            CASE class.relpersistence WHEN 'u' THEN 'unlogged' END
        )
    FROM tables AS class
    UNION ALL
    SELECT
        'partition', class.name, class.name, concat_ws(
            ', ', CASE WHEN class.relispartition THEN 'attached' ELSE 'detached' END,
            CASE class.relpersistence WHEN 'u' THEN 'unlogged' END
        )
    FROM classes AS class
    WHERE class.relkind = 'r' AND (class.relispartition OR class.name ~ '^events_p[0-9]+$')
    UNION ALL
    SELECT 'column', class.name, attribute.attname, concat_ws(
        ' ', format_type(attribute.atttypid, attribute.atttypmod), CASE WHEN attribute.attnotnull THEN 'NOT NULL' END,
        CASE WHEN attribute.attcollation <> type.typcollation THEN (
            SELECT 'COLLATE ' || named.collname FROM pg_collation AS named WHERE named.oid = attribute.attcollation
        ) END,
        CASE attribute.attgenerated WHEN 's' THEN 'generated' END,
        CASE attribute.attidentity WHEN 'a' THEN 'identity' WHEN 'd' THEN 'identity by default' END,
        (
            SELECT 'DEFAULT ' || pg_get_expr(preset.adbin, preset.adrelid)
            FROM pg_attrdef AS preset WHERE (preset.adrelid, preset.adnum) = (attribute.attrelid, attribute.attnum)
        )
    )
    FROM tables AS class
    JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
    JOIN pg_type AS type ON type.oid = attribute.atttypid
    UNION ALL
    SELECT 'constraint', class.name, rule.conname, concat_ws(
        '; ', pg_get_constraintdef(rule.oid), (
            SELECT 'its triggers are disabled' FROM pg_trigger AS inner_trigger
            WHERE inner_trigger.tgconstraint = rule.oid AND inner_trigger.tgenabled = 'D' LIMIT 1
        )
    )
    FROM tables AS class JOIN pg_constraint AS rule ON rule.conrelid = class.oid AND rule.contype IN ('c', 'f', 'p', 'u', 'x')
    UNION ALL
    SELECT
        'index', class.name, entry.relname,
        concat_ws('; ', pg_get_indexdef(entry.oid), CASE WHEN NOT index.indisvalid THEN 'it is not valid' END)
    FROM tables AS class
    JOIN pg_index AS index ON index.indrelid = class.oid
    JOIN pg_class AS entry ON entry.oid = index.indexrelid
    WHERE NOT EXISTS (
        SELECT FROM pg_constraint AS rule WHERE rule.conindid = index.indexrelid AND rule.conrelid = class.oid
    )
    UNION ALL
    SELECT 'row rules', class.name, class.name, concat_ws(
        ', ', CASE WHEN class.relrowsecurity THEN 'on' ELSE 'off' END, CASE WHEN class.relforcerowsecurity THEN 'forced' END
    )
    FROM tables AS class
    WHERE class.relkind <> 'c'
    UNION ALL
    SELECT 'policy', class.name, policy.polname, concat_ws(
        ' ', CASE WHEN policy.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
        CASE policy.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
        'TO', (
            SELECT string_agg(coalesce(role.rolname, 'PUBLIC'), ', ' ORDER BY role.rolname)
            FROM unnest(policy.polroles) AS one LEFT JOIN pg_roles AS role ON role.oid = one
        ),
        'USING ' || pg_get_expr(policy.polqual, policy.polrelid),
        'WITH CHECK ' || pg_get_expr(policy.polwithcheck, policy.polrelid)
    )
    FROM classes AS class JOIN pg_policy AS policy ON policy.polrelid = class.oid
    UNION ALL
    -- Without the name of its table, so that a partition's can be held against that of events.
    SELECT 'trigger', class.name, called.tgname, concat_ws(
        ': ', CASE called.tgenabled WHEN 'A' THEN 'always enabled' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled for replicas' ELSE 'enabled' END,
        replace(pg_get_triggerdef(called.oid), format(' ON consentfeed.%I ', class.relname), ' ')
    )
    FROM classes AS class JOIN pg_trigger AS called ON called.tgrelid = class.oid AND NOT called.tgisinternal
    UNION ALL
    SELECT 'rule', class.name, rewritten.rulename, pg_get_ruledef(rewritten.oid)
    FROM classes AS class JOIN pg_rewrite AS rewritten ON rewritten.ev_class = class.oid
    WHERE class.relkind IN ('r', 'p')
    UNION ALL
    SELECT 'function', '', routine.name, concat_ws(
        ' ', 'RETURNS', pg_get_function_result(routine.oid), 'LANGUAGE', language.lanname,
        CASE routine.provolatile WHEN 'v' THEN 'VOLATILE' WHEN 's' THEN 'STABLE' ELSE 'IMMUTABLE' END,
        CASE WHEN routine.proisstrict THEN 'STRICT' END, CASE WHEN routine.prosecdef THEN 'SECURITY DEFINER' END,
        CASE WHEN routine.proleakproof THEN 'LEAKPROOF' END, 'PARALLEL ' || upper(routine.proparallel::text COLLATE "C"),
        'SET ' || array_to_string(routine.proconfig, ', '),
        'AS ' || encode(sha256(convert_to(
            coalesce(pg_get_function_sqlbody(routine.oid), routine.prosrc), 'UTF8'
        )), 'hex')
    )
    FROM routines AS routine JOIN pg_language AS language ON language.oid = routine.prolang
    UNION ALL
    -- Of the service's role and of everybody; what others were granted is not ours to judge. MAINTAIN came with PostgreSQL 17.
    SELECT
        'rights', held.object, coalesce(role.rolname, 'PUBLIC'),
        string_agg(DISTINCT held.privilege_type, ', ' ORDER BY held.privilege_type)
    FROM (
        SELECT 'schema consentfeed' AS object, granted.* FROM here, aclexplode(here.nspacl) AS granted
        UNION ALL
        SELECT class.name, granted.* FROM classes AS class, aclexplode(class.relacl) AS granted
        UNION ALL
        SELECT format('%s.%s', class.name, attribute.attname), granted.*
        FROM classes AS class JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid,
            aclexplode(attribute.attacl) AS granted
        UNION ALL
        SELECT routine.name, granted.*
        FROM routines AS routine, aclexplode(coalesce(routine.proacl, acldefault('f', routine.proowner))) AS granted
    ) AS held
    LEFT JOIN pg_roles AS role ON role.oid = held.grantee
    WHERE held.grantee = 0 OR role.rolname = 'consentfeed_app'
    GROUP BY held.object, role.rolname
    UNION ALL
    -- Only what does not belong to whom the schema belongs.
    SELECT 'owner', '', owned.object, role.rolname
    FROM here
    JOIN (
        SELECT format('TABLE consentfeed.%I', class.relname) AS object, class.relowner AS owner
        FROM classes AS class WHERE class.relkind IN ('r', 'p')
        UNION ALL
        SELECT format('FUNCTION consentfeed.%s', routine.name), routine.proowner FROM routines AS routine
        UNION ALL
        SELECT format('TYPE consentfeed.%I', class.relname), class.relowner FROM classes AS class WHERE class.relkind = 'c'
    ) AS owned ON owned.owner <> here.nspowner
    JOIN pg_roles AS role ON role.oid = owned.owner
$$;
COMMENT ON FUNCTION consentfeed.present_objects IS 'What there is in the schema, and how: a line for each object that sql/ makes, or that could undo what it makes. relation: the table it is about, or what the rights are for.';
