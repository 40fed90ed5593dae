CREATE OR REPLACE FUNCTION consentfeed.record_accesses(lines jsonb)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO consentfeed.access_trail (actor, actor_role, session, action, customers, filters, rows)
    SELECT
        line.actor, line.actor_role, line.session, line.action, line.customers,
        consentfeed.access_filters(line.filters), line.rows
    FROM jsonb_to_recordset(lines) AS line (
        actor uuid, actor_role text, session uuid, action text, customers uuid[], filters jsonb, rows bigint
    )
$$;
COMMENT ON FUNCTION consentfeed.record_accesses IS 'Adds lines to the access trail, those of all who wait in one transaction: [{"actor", "actor_role", "session", "action", "customers", "filters", "rows"}, …].';
