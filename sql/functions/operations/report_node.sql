CREATE OR REPLACE FUNCTION consentfeed.report_node(id uuid, host text, started_at timestamptz, numbers json)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO consentfeed.nodes (id, host, started_at, seen_at, numbers)
    VALUES (report_node.id, report_node.host, report_node.started_at, statement_timestamp(), report_node.numbers)
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, numbers = excluded.numbers
$$;
COMMENT ON FUNCTION consentfeed.report_node IS 'What a node says of itself every few seconds.';
