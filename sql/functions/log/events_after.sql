-- In plpgsql, so that its plans are kept: each node calls it at every commit.
CREATE OR REPLACE FUNCTION consentfeed.events_after(after_seq bigint, max_rows integer)
RETURNS TABLE (seq bigint, hash bytea, customer_id uuid, body text, email text, note text)
LANGUAGE plpgsql STABLE ROWS 1000
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
DECLARE
    -- Few events have a note. To look for one of each would be a third of what reading many of them takes.
    _any_notes boolean := EXISTS (
        SELECT FROM consentfeed.event_notes AS written
        WHERE written.seq > events_after.after_seq AND written.seq <= events_after.after_seq + events_after.max_rows
    );
BEGIN
    -- The place itself comes first, without its body, so that the reader sees whether the log still contains it.
    RETURN QUERY
        SELECT event.seq, event.hash, NULL::uuid, NULL::text, NULL::text, NULL::text
        FROM consentfeed.events AS event
        WHERE event.seq = events_after.after_seq
        UNION ALL
        SELECT dropped.last_seq, dropped.last_hash, NULL, NULL, NULL, NULL
        FROM (
            SELECT gone.last_seq, gone.last_hash
            FROM consentfeed.dropped_partitions AS gone ORDER BY gone.last_seq DESC LIMIT 1
        ) AS dropped
        WHERE dropped.last_seq = events_after.after_seq;
    RETURN QUERY
        -- By subqueries, not joins: the planner would read all notes before the place.
        SELECT
            event.seq, event.hash, event.customer_id, event.body,
            (SELECT customer.email FROM consentfeed.customers AS customer WHERE customer.id = event.customer_id),
            CASE
                WHEN _any_notes
                    THEN (SELECT written.note FROM consentfeed.event_notes AS written WHERE written.seq = event.seq)
            END
        FROM consentfeed.events AS event
        WHERE event.seq > events_after.after_seq
        ORDER BY event.seq
        LIMIT events_after.max_rows;
END
$$;
COMMENT ON FUNCTION consentfeed.events_after IS 'The log after a place: first the place itself (if the log contains it, or begins after it), then the events, with what is not in the log: e-mail and note.';
