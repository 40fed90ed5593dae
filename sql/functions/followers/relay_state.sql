CREATE OR REPLACE FUNCTION consentfeed.relay_state()
RETURNS TABLE (is_held boolean, "position" bigint, hash bytea, first bigint, head bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
BEGIN
    RETURN QUERY
        SELECT
            relay.name IS NOT NULL AND consentfeed.is_held(relay), coalesce(relay.position, 0), relay.hash,
            (SELECT event.seq FROM consentfeed.events AS event ORDER BY event.seq LIMIT 1),
            (SELECT last.seq FROM consentfeed.log_head() AS last)
        FROM (SELECT 1) AS always
        LEFT JOIN consentfeed.followers AS relay ON relay.name = 'relay';
END
$$;
COMMENT ON FUNCTION consentfeed.relay_state IS 'Whether a process relays the log to NATS now, how far it has said to have come (hash NULL: it has said nothing), and the oldest and the newest event of the log.';
