-- As the owner: a proof for one customer needs the hashes beside the customer's own, and they say nothing of anybody.
CREATE OR REPLACE FUNCTION consentfeed.event_hashes(first bigint, count integer)
RETURNS TABLE (seq bigint, hash bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 256
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
BEGIN
    RETURN QUERY
        SELECT dropped.first_seq + nth, substr(dropped.hashes, 1 + 32 * nth, 32)
        FROM consentfeed.dropped_hashes AS dropped
        CROSS JOIN LATERAL generate_series(0, length(dropped.hashes) / 32 - 1) AS nth
        WHERE dropped.first_seq > event_hashes.first - 256
            AND dropped.first_seq < event_hashes.first + event_hashes.count
            AND dropped.first_seq + nth >= event_hashes.first
            AND dropped.first_seq + nth < event_hashes.first + event_hashes.count
        ORDER BY 1;
    RETURN QUERY
        SELECT event.seq, event.hash
        FROM consentfeed.events AS event
        WHERE event.seq >= event_hashes.first AND event.seq < event_hashes.first + event_hashes.count
        ORDER BY event.seq;
END
$$;
COMMENT ON FUNCTION consentfeed.event_hashes IS 'Hashes of events that follow one another, also of those that retention has dropped.';
