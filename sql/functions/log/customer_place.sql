CREATE OR REPLACE FUNCTION consentfeed.customer_place(customer uuid)
RETURNS TABLE (seq bigint, hash bytea)
LANGUAGE plpgsql STABLE STRICT ROWS 1
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
BEGIN
    -- From here on nobody else's rows are there (policies.sql).
    PERFORM set_config('consentfeed.only_customer', customer::text, true);
    RETURN QUERY
        SELECT greatest(place.seq, 0), coalesce(place.hash, decode('0000000000000000', 'hex'))
        FROM (
            (SELECT event.seq, event.hash
            FROM consentfeed.events AS event
            WHERE event.customer_id = customer_place.customer
            ORDER BY event.seq DESC
            LIMIT 1)
            UNION ALL
            -- All events of this customer have been dropped: the place before the first kept one, to which judge_place() says ok.
            (SELECT gone.last_seq, gone.last_hash
            FROM consentfeed.dropped_partitions AS gone
            WHERE EXISTS (
                SELECT FROM consentfeed.consents AS consent
                WHERE consent.customer_id = customer_place.customer AND consent.version > 0
            )
            ORDER BY gone.last_seq DESC
            LIMIT 1)
            UNION ALL
            SELECT event.seq, event.hash FROM consentfeed.events AS event WHERE event.seq = 0
            UNION ALL
            -- Row 0 may have been dropped.
            SELECT -1, NULL
        ) AS place
        ORDER BY place.seq DESC
        LIMIT 1;
    PERFORM set_config('consentfeed.only_customer', '', true);
END
$$;
COMMENT ON FUNCTION consentfeed.customer_place IS 'The newest event of a customer; 0 where there is none. It moves with the customer''s own events alone, and when retention has dropped them all.';
