CREATE OR REPLACE FUNCTION consentfeed.events_after(after_seq bigint, max_rows integer)
RETURNS TABLE (seq bigint, hash bytea, customer_id uuid, body text, email text, note text)
LANGUAGE sql STABLE ROWS 1000
SET search_path = pg_catalog, pg_temp
AS $$
    -- The place itself comes first, without its body, so that the reader sees whether the log still contains it.
    (SELECT event.seq, event.hash, NULL::uuid, NULL, NULL, NULL
    FROM consentfeed.events AS event
    WHERE event.seq = events_after.after_seq
    UNION ALL
    SELECT dropped.last_seq, dropped.last_hash, NULL::uuid, NULL, NULL, NULL
    FROM (
        SELECT gone.last_seq, gone.last_hash
        FROM consentfeed.dropped_partitions AS gone ORDER BY gone.last_seq DESC LIMIT 1
    ) AS dropped
    WHERE dropped.last_seq = events_after.after_seq)
    UNION ALL
    (SELECT event.seq, event.hash, event.customer_id, event.body, customer.email, note.note
    FROM consentfeed.events AS event
    LEFT JOIN consentfeed.customers AS customer ON customer.id = event.customer_id
    LEFT JOIN consentfeed.event_notes AS note ON note.seq = event.seq
    WHERE event.seq > events_after.after_seq
    ORDER BY event.seq
    LIMIT events_after.max_rows)
$$;
COMMENT ON FUNCTION consentfeed.events_after IS 'The log after a place: first the place itself (if the log contains it, or begins after it), then the events, with what is not in the log: e-mail and note.';
