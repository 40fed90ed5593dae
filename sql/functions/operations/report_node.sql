CREATE OR REPLACE FUNCTION consentfeed.report_node(id uuid, host text, started_at timestamptz, numbers json)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    -- Before the node's own row: the decisions are a rate, since the report before.
    INSERT INTO consentfeed.node_minutes AS kept (minute, node, streams, decisions, lag_seconds)
    SELECT
        date_trunc('minute', statement_timestamp()), report_node.id,
        coalesce((report_node.numbers ->> 'streams')::bigint, 0),
        coalesce((report_node.numbers ->> 'writes_per_second')::double precision, 0) * greatest(
            -- Negative where the clock has gone back since.
            least(extract(epoch FROM statement_timestamp() - coalesce(before.seen_at, statement_timestamp())), 60), 0
        ),
        coalesce((report_node.numbers ->> 'lag_seconds')::double precision, 0)
    FROM (SELECT) AS one LEFT JOIN consentfeed.nodes AS before ON before.id = report_node.id
    ON CONFLICT ON CONSTRAINT node_minutes_pkey DO UPDATE SET
        streams = excluded.streams, decisions = kept.decisions + excluded.decisions,
        lag_seconds = greatest(kept.lag_seconds, excluded.lag_seconds);
    INSERT INTO consentfeed.nodes (id, host, started_at, seen_at, numbers)
    VALUES (report_node.id, report_node.host, report_node.started_at, statement_timestamp(), report_node.numbers)
    ON CONFLICT ON CONSTRAINT nodes_pkey DO UPDATE SET seen_at = excluded.seen_at, numbers = excluded.numbers;
$$;
COMMENT ON FUNCTION consentfeed.report_node IS 'What a node says of itself every few seconds; adds it to its minute, too.';
