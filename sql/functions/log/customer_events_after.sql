CREATE OR REPLACE FUNCTION consentfeed.customer_events_after(customer uuid, after_seq bigint, max_rows integer)
RETURNS TABLE (seq bigint, hash bytea, customer_id uuid, body text, email text, note text)
LANGUAGE plpgsql STABLE STRICT ROWS 1000
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
BEGIN
    -- The place itself comes first, from the same snapshot, so that the reader sees whether the log still contains it; like
    -- judge_place() among all events, for staff who follow one customer stand at other events too.
    RETURN QUERY
        SELECT
            customer_events_after.after_seq,
            (SELECT place.hash FROM consentfeed.events AS place WHERE place.seq = customer_events_after.after_seq),
            NULL::uuid, NULL::text, NULL::text, NULL::text;
    -- From here on nobody else's rows are there (policies.sql).
    PERFORM set_config('consentfeed.only_customer', customer::text, true);
    RETURN QUERY
        -- By subqueries, not joins: the planner would read all notes before the place. Without its condition such a one fails.
        SELECT
            event.seq, event.hash, event.customer_id, event.body,
            (SELECT who.email FROM consentfeed.customers AS who WHERE who.id = event.customer_id),
            (SELECT written.note FROM consentfeed.event_notes AS written WHERE written.seq = event.seq)
        FROM consentfeed.events AS event
        WHERE event.customer_id = customer_events_after.customer AND event.seq > customer_events_after.after_seq
        ORDER BY event.seq
        LIMIT customer_events_after.max_rows;
    PERFORM set_config('consentfeed.only_customer', '', true);
END
$$;
COMMENT ON FUNCTION consentfeed.customer_events_after IS 'One customer''s events after a place, by the customer''s own index: first the place itself (its hash is NULL where the log does not contain it, or no longer), then the events.';
