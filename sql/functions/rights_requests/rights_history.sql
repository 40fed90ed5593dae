CREATE OR REPLACE FUNCTION consentfeed.rights_history(request uuid, only_customer uuid)
RETURNS TABLE (seq bigint, hash bytea, customer_id uuid, body text, email text, note text)
LANGUAGE plpgsql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
DECLARE
    _customer uuid;
BEGIN
    IF only_customer IS NOT NULL THEN
        -- From here on nobody else's rows are there (policies.sql).
        PERFORM set_config('consentfeed.only_customer', only_customer::text, true);
    END IF;
    SELECT kept.customer_id INTO _customer FROM consentfeed.rights_requests AS kept
    WHERE kept.id = rights_history.request
        AND (rights_history.only_customer IS NULL OR kept.customer_id = rights_history.only_customer);
    RETURN QUERY
        -- By subqueries, not joins: the planner would read all notes before the place. Without its condition such a one fails.
        SELECT
            event.seq, event.hash, event.customer_id, event.body,
            (SELECT who.email FROM consentfeed.customers AS who WHERE who.id = event.customer_id),
            (SELECT written.note FROM consentfeed.event_notes AS written WHERE written.seq = event.seq)
        FROM consentfeed.events AS event
        WHERE event.customer_id = _customer AND event.type = 'rights-request-updated'
            AND event.body::json #>> '{request,id}' = rights_history.request::text
        ORDER BY event.seq;
    PERFORM set_config('consentfeed.only_customer', '', true);
END
$$;
COMMENT ON FUNCTION consentfeed.rights_history IS 'All kept events of one request, oldest first; with only_customer given, only of that customer''s.';
