CREATE OR REPLACE FUNCTION consentfeed.log_history(before_seq bigint, max_rows integer)
RETURNS TABLE (seq bigint, hash bytea, customer_id uuid, body text, email text, note text)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the log may be young
SET plan_cache_mode = force_custom_plan -- behind the rules of policies.sql a kept plan would filter by the position, not begin there
AS $$
BEGIN
    RETURN QUERY
        -- By subqueries, as in customer_history().
        SELECT
            event.seq, event.hash, event.customer_id, event.body,
            (SELECT who.email FROM consentfeed.customers AS who WHERE who.id = event.customer_id),
            (SELECT written.note FROM consentfeed.event_notes AS written WHERE written.seq = event.seq)
        FROM consentfeed.events AS event
        WHERE event.seq > 0 AND event.seq < coalesce(log_history.before_seq, 9223372036854775807)
        ORDER BY event.seq DESC
        LIMIT log_history.max_rows;
END
$$;
COMMENT ON FUNCTION consentfeed.log_history IS 'All kept events, newest first, before a position; NULL: from the newest on.';
