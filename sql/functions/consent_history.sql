CREATE OR REPLACE FUNCTION consentfeed.consent_history(consent uuid)
RETURNS TABLE (seq bigint, hash bytea, customer_id uuid, body text, email text, note text)
LANGUAGE sql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT event.seq, event.hash, event.customer_id, event.body, customer.email, note.note
    FROM consentfeed.events AS event
    LEFT JOIN consentfeed.customers AS customer ON customer.id = event.customer_id
    LEFT JOIN consentfeed.event_notes AS note ON note.seq = event.seq
    WHERE event.consent_id = consent_history.consent
    ORDER BY event.seq
$$;
COMMENT ON FUNCTION consentfeed.consent_history IS 'All kept events of one consent, oldest first.';
