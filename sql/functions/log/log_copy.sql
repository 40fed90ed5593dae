CREATE OR REPLACE FUNCTION consentfeed.log_copy(first bigint, count integer)
RETURNS TABLE (seq bigint, body text, hash bytea)
LANGUAGE plpgsql STABLE ROWS 1000
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
BEGIN
    RETURN QUERY
        SELECT event.seq, event.body, event.hash
        FROM consentfeed.events AS event
        WHERE event.seq >= log_copy.first AND event.seq < log_copy.first + log_copy.count
        ORDER BY event.seq;
END
$$;
COMMENT ON FUNCTION consentfeed.log_copy IS 'Kept events that follow one another, row 0 too, for a copy of the log.';
