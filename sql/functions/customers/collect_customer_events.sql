-- For a whole statement at once, as collect_events() does for consents.
CREATE OR REPLACE FUNCTION consentfeed.collect_customer_events()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _moved uuid[];
BEGIN
    INSERT INTO consentfeed.uncommitted_events (events)
    SELECT array_agg(consentfeed.customer_event(changed.customer, changed.members))
    FROM (
        SELECT
            written::consentfeed.customers AS customer, (row_number() OVER () - 1) / 1000 AS part,
            array_remove(ARRAY[
                CASE WHEN written.name IS DISTINCT FROM former.name THEN 'name' END,
                CASE WHEN written.email IS DISTINCT FROM former.email THEN 'email' END,
                CASE WHEN written.msisdn IS DISTINCT FROM former.msisdn THEN 'msisdn' END,
                CASE WHEN written.language IS DISTINCT FROM former.language THEN 'language' END,
                CASE WHEN written.reference IS DISTINCT FROM former.reference THEN 'reference' END
            ], NULL) AS members
        FROM written
        JOIN former ON former.id = written.id AND former.version <> written.version
        -- An erasure has an event of its own.
        WHERE written.erased_at IS NULL
    ) AS changed
    GROUP BY changed.part
    ORDER BY changed.part;

    INSERT INTO consentfeed.uncommitted_events (events)
    SELECT array_agg(consentfeed.preferences_event(changed.customer, changed.members))
    FROM (
        SELECT
            written::consentfeed.customers AS customer, (row_number() OVER () - 1) / 1000 AS part,
            array_remove(ARRAY[
                CASE WHEN written.language IS DISTINCT FROM former.language THEN 'language' END,
                CASE WHEN (written.quiet_from, written.quiet_to, written.quiet_zone)
                    IS DISTINCT FROM (former.quiet_from, former.quiet_to, former.quiet_zone) THEN 'quiet_hours' END,
                CASE WHEN written.paused_until IS DISTINCT FROM former.paused_until THEN 'paused_until' END
            ], NULL) AS members
        FROM written
        JOIN former ON former.id = written.id AND former.preferences_version <> written.preferences_version
        WHERE written.erased_at IS NULL
    ) AS changed
    GROUP BY changed.part
    ORDER BY changed.part;

    -- In the order of ids, as record_decisions() takes them.
    SELECT array_agg(held.id) INTO _moved
    FROM (
        SELECT consent.id
        FROM written
        JOIN former ON former.id = written.id
        JOIN consentfeed.consents AS consent ON consent.customer_id = written.id AND consent.status = 'granted'
        JOIN consentfeed.channels AS channel ON channel.key = consent.channel AND channel.on_change = 'expire'
        WHERE CASE channel.address
            WHEN 'email' THEN written.email IS DISTINCT FROM former.email
            ELSE written.msisdn IS DISTINCT FROM former.msisdn
        END
        ORDER BY consent.id
        FOR NO KEY UPDATE OF consent
    ) AS held;
    IF _moved IS NOT NULL THEN
        INSERT INTO consentfeed.uncommitted_events (events)
        VALUES (consentfeed.end_held(
            _moved, 'expired', 'system', 'address-change', 'address-change', 'address-changed', NULL
        ));
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.collect_customer_events IS 'Trigger of customers, once a statement: makes the events of the rows that an UPDATE has changed, and ends the grants whose channel reaches another number or address now, where channels says so.';
