CREATE OR REPLACE FUNCTION consentfeed.checkpoint_state()
RETURNS TABLE (size bigint, root bytea, head bigint, waiting double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the table may have been empty when it was made
AS $$
BEGIN
    RETURN QUERY
        SELECT
            newest.size, newest.root, (SELECT last.seq FROM consentfeed.log_head() AS last),
            coalesce(extract(epoch FROM clock_timestamp() - (
                SELECT event.recorded_at FROM consentfeed.events AS event
                WHERE event.seq >= coalesce(newest.size, 0) ORDER BY event.seq LIMIT 1
            )), 0)::double precision
        FROM (SELECT 1) AS always
        LEFT JOIN (
            SELECT made.size, made.root FROM consentfeed.checkpoints AS made ORDER BY made.size DESC LIMIT 1
        ) AS newest ON true;
END
$$;
COMMENT ON FUNCTION consentfeed.checkpoint_state IS 'The newest checkpoint (NULL: none), the newest event, and for how many seconds the oldest event that no checkpoint covers has waited; 0 where all are covered.';
