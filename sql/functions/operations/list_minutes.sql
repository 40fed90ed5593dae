CREATE OR REPLACE FUNCTION consentfeed.list_minutes()
RETURNS TABLE (at text, streams bigint, decisions bigint, lag_seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 60
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        consentfeed.rfc3339(kept.minute), sum(kept.streams)::bigint, round(sum(kept.decisions))::bigint,
        round(max(kept.lag_seconds)::numeric, 1)::double precision
    FROM consentfeed.node_minutes AS kept
    WHERE kept.minute > statement_timestamp() - interval '1 hour'
    GROUP BY kept.minute
    ORDER BY kept.minute
$$;
COMMENT ON FUNCTION consentfeed.list_minutes IS 'The minutes of the last hour in which nodes reported: their streams and decisions together, and the most that any lay behind.';
