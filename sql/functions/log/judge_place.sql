CREATE OR REPLACE FUNCTION consentfeed.judge_place(place bigint, hash_prefix bytea, only_customer uuid)
RETURNS TABLE (verdict text, seq bigint, hash bytea, head_seq bigint, head_hash bytea)
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
BEGIN
    -- A customer's place, too, is looked for among all events: in another history it may be somebody else's (forked).
    RETURN QUERY
        SELECT
            CASE
                WHEN judge_place.place = 0 AND judge_place.hash_prefix IN (decode('00000000', 'hex'), decode('0000000000000000', 'hex')) THEN
                    -- The place before the first event; pruned where events after it are gone, of this customer if one asks.
                    CASE
                        WHEN dropped.last_seq IS NULL THEN 'ok'
                        WHEN judge_place.only_customer IS NULL THEN 'pruned'
                        WHEN kept.missing THEN 'unknown'
                        ELSE 'ok'
                    END
                WHEN found.hash IS NOT NULL THEN
                    CASE
                        WHEN substr(found.hash, 1, length(judge_place.hash_prefix)) <> judge_place.hash_prefix THEN 'forked'
                        -- As of a place that there is not: whether there is another's, nobody is told.
                        WHEN found.customer_id <> judge_place.only_customer THEN 'unknown'
                        ELSE 'ok'
                    END
                WHEN judge_place.place = dropped.last_seq THEN
                    CASE
                        WHEN substr(dropped.last_hash, 1, length(judge_place.hash_prefix)) <> judge_place.hash_prefix THEN 'forked'
                        ELSE 'ok'
                    END
                WHEN judge_place.place < dropped.last_seq AND judge_place.only_customer IS NULL THEN 'pruned'
                WHEN judge_place.place < dropped.last_seq AND NOT kept.missing THEN 'ok'
                ELSE 'unknown'
            END,
            judge_place.place, coalesce(found.hash, judge_place.hash_prefix), head.seq, head.hash
        FROM (SELECT event.seq, event.hash FROM consentfeed.events AS event ORDER BY event.seq DESC LIMIT 1) AS head
        LEFT JOIN consentfeed.events AS found ON found.seq = judge_place.place
        LEFT JOIN (
            SELECT * FROM consentfeed.dropped_partitions AS gone ORDER BY gone.last_seq DESC LIMIT 1
        ) AS dropped ON true
        CROSS JOIN LATERAL (
            -- Each event adds one to a version of its consent, of a request or of the customer, so the sum tells whether some are gone.
            SELECT (
                SELECT coalesce(sum(consent.version), 0) FROM consentfeed.consents AS consent
                WHERE consent.customer_id = judge_place.only_customer
            ) + (
                SELECT coalesce(sum(customer.version + customer.preferences_version), 0) FROM consentfeed.customers AS customer
                WHERE customer.id = judge_place.only_customer
            ) + (
                SELECT coalesce(sum(request.version), 0) FROM consentfeed.rights_requests AS request
                WHERE request.customer_id = judge_place.only_customer
            ) <> (
                SELECT count(*) FROM consentfeed.events AS event
                WHERE event.customer_id = judge_place.only_customer
                    AND (event.consent_id IS NOT NULL OR event.type IN (
                        'customer-updated', 'preferences-updated', 'rights-request-updated', 'customer-erased'
                    ))
            ) AS missing
        ) AS kept;
END
$$;
COMMENT ON FUNCTION consentfeed.judge_place IS 'Whether a reader may go on from a place: ok; unknown (not in this log); forked (another history); pruned (events after it are gone; never for a customer). With the newest event of the same snapshot.';
