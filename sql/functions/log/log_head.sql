CREATE OR REPLACE FUNCTION consentfeed.log_head()
RETURNS TABLE (seq bigint, hash bytea)
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
BEGIN
    RETURN QUERY SELECT event.seq, event.hash FROM consentfeed.events AS event ORDER BY event.seq DESC LIMIT 1;
END
$$;
COMMENT ON FUNCTION consentfeed.log_head IS 'The newest event.';
