CREATE OR REPLACE FUNCTION consentfeed.customer_history(customer uuid, before_seq bigint, max_rows integer)
RETURNS TABLE (seq bigint, hash bytea, customer_id uuid, body text, email text, note text)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
BEGIN
    -- From here on nobody else's rows are there (policies.sql).
    PERFORM set_config('consentfeed.only_customer', customer::text, true);
    RETURN QUERY
        -- By subqueries, not joins: the planner would read all notes before the place. Without its condition such a one fails.
        SELECT
            event.seq, event.hash, event.customer_id, event.body,
            (SELECT who.email FROM consentfeed.customers AS who WHERE who.id = event.customer_id),
            (SELECT written.note FROM consentfeed.event_notes AS written WHERE written.seq = event.seq)
        FROM consentfeed.events AS event
        WHERE event.customer_id = customer_history.customer
            AND event.seq > 0 AND event.seq < coalesce(customer_history.before_seq, 9223372036854775807)
        ORDER BY event.seq DESC
        LIMIT customer_history.max_rows;
    PERFORM set_config('consentfeed.only_customer', '', true);
END
$$;
COMMENT ON FUNCTION consentfeed.customer_history IS 'All kept events of one customer, newest first, before a position; NULL: from the newest on.';
