CREATE OR REPLACE FUNCTION consentfeed.list_nodes()
RETURNS TABLE (id uuid, host text, started_at text, seen_at text, numbers json)
LANGUAGE sql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        node.id, node.host, consentfeed.rfc3339(node.started_at), consentfeed.rfc3339(node.seen_at), node.numbers
    FROM consentfeed.nodes AS node
    -- Later than now: the clock has gone back since, and whether it has reported within a minute nobody knows.
    WHERE node.seen_at BETWEEN statement_timestamp() - interval '1 minute' AND statement_timestamp() + interval '1 minute'
    ORDER BY node.host, node.started_at, node.id
$$;
COMMENT ON FUNCTION consentfeed.list_nodes IS 'The nodes that have reported within the last minute, and their numbers.';
