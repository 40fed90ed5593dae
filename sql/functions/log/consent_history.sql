CREATE OR REPLACE FUNCTION consentfeed.consent_history(consent uuid, only_customer uuid DEFAULT NULL)
RETURNS TABLE (seq bigint, hash bytea, customer_id uuid, body text, email text, note text)
LANGUAGE plpgsql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
BEGIN
    IF only_customer IS NOT NULL THEN
        -- From here on nobody else's rows are there (policies.sql).
        PERFORM set_config('consentfeed.only_customer', only_customer::text, true);
    END IF;
    RETURN QUERY
        -- By subqueries, not joins: the planner would read all notes before the place. Without its condition such a one fails.
        SELECT
            event.seq, event.hash, event.customer_id, event.body,
            (SELECT customer.email FROM consentfeed.customers AS customer WHERE customer.id = event.customer_id),
            (SELECT written.note FROM consentfeed.event_notes AS written WHERE written.seq = event.seq)
        FROM consentfeed.events AS event
        WHERE event.consent_id = consent_history.consent
            AND (consent_history.only_customer IS NULL OR event.customer_id = consent_history.only_customer)
        ORDER BY event.seq;
    PERFORM set_config('consentfeed.only_customer', '', true);
END
$$;
COMMENT ON FUNCTION consentfeed.consent_history IS 'All kept events of one consent, oldest first; with only_customer given, only of that customer''s.';
