CREATE OR REPLACE FUNCTION consentfeed.customer_events_after(customer uuid, after_seq bigint, max_rows integer)
RETURNS TABLE (seq bigint, hash bytea, customer_id uuid, body text, email text, note text)
LANGUAGE sql STABLE ROWS 1000
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT event.seq, event.hash, event.customer_id, event.body, customer.email, note.note
    FROM consentfeed.events AS event
    LEFT JOIN consentfeed.customers AS customer ON customer.id = event.customer_id
    LEFT JOIN consentfeed.event_notes AS note ON note.seq = event.seq
    WHERE event.customer_id = customer_events_after.customer AND event.seq > customer_events_after.after_seq
    ORDER BY event.seq
    LIMIT customer_events_after.max_rows
$$;
COMMENT ON FUNCTION consentfeed.customer_events_after IS 'One customer''s events after a place, by the customer''s own index.';
