CREATE OR REPLACE FUNCTION consentfeed.list_accesses(
    of_customer uuid, by_actor uuid, of_action text, since timestamptz, until timestamptz,
    after_at text, after_id bigint, max_rows integer
)
RETURNS TABLE (
    id bigint, at text, actor uuid, actor_role text, email text, name text, action text, customers uuid [], filters text,
    rows bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- EXECUTE plans with the values, so that an absent filter costs nothing and each case uses its index. OFFSET 0 keeps
    -- the planner from walking back through all lines for those of a customer whom it takes to be in many of them.
    RETURN QUERY EXECUTE format($query$
        SELECT
            line.id, consentfeed.rfc3339(line.at), line.actor, line.actor_role, account.email, account.name, line.action,
            line.customers, line.filters::text, line.rows
        FROM (
            SELECT trail.*
            FROM consentfeed.access_trail AS trail
            WHERE ($1 IS NULL OR trail.customers @> ARRAY[$1])
                AND ($2 IS NULL OR trail.actor = $2)
                AND ($3 IS NULL OR trail.action = $3)
                AND ($4 IS NULL OR trail.at >= $4)
                AND ($5 IS NULL OR trail.at < $5)
                AND ($7 IS NULL OR (trail.at, trail.id) < ($6::timestamptz, $7))
            %s
        ) AS line LEFT JOIN consentfeed.users AS account ON account.id = line.actor
        ORDER BY line.at DESC, line.id DESC
        LIMIT $8
    $query$, CASE WHEN of_customer IS NOT NULL THEN 'OFFSET 0' END)
    USING of_customer, by_actor, of_action, since, until, after_at, after_id, max_rows;
END
$$;
COMMENT ON FUNCTION consentfeed.list_accesses IS 'Lines of the access trail, newest first, page by page; since is part of the time, until is not.';
