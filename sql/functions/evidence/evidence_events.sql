-- As the owner: the hash before an event is that of an event of somebody else's, and says nothing of anybody.
CREATE OR REPLACE FUNCTION consentfeed.evidence_events(consent uuid, only_customer uuid)
RETURNS TABLE (seq bigint, previous_hash bytea, hash bytea, body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
BEGIN
    RETURN QUERY
        SELECT
            event.seq, (SELECT before.hash FROM consentfeed.event_hashes(event.seq - 1, 1) AS before), event.hash,
            event.body
        FROM consentfeed.events AS event
        WHERE event.consent_id = evidence_events.consent
            AND (evidence_events.only_customer IS NULL OR event.customer_id = evidence_events.only_customer)
        ORDER BY event.seq;
END
$$;
COMMENT ON FUNCTION consentfeed.evidence_events IS 'All kept events of one consent, oldest first, each with the hash onto which it is chained; with only_customer given, only of that customer''s.';
