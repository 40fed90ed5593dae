-- Each consent is held against its newest kept event. All that this says has to be so in the row; not the other way round,
-- because a later version of this schema may have more to say than an old event does.
CREATE OR REPLACE FUNCTION consentfeed.differing_consents()
RETURNS TABLE (seq bigint, problem text)
LANGUAGE sql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
    WITH newest AS (
        SELECT event.consent_id, max(event.seq) AS seq
        FROM consentfeed.events AS event
        WHERE event.consent_id IS NOT NULL
        GROUP BY event.consent_id
    ),
    compared AS (
        SELECT newest.seq, CASE
            WHEN consent.id IS NULL THEN 'its consent is missing'
            WHEN newest.seq IS NULL THEN CASE
                -- After retention only what has changed since the first kept event must have one.
                WHEN consent.version > 0 AND (
                    NOT EXISTS (SELECT FROM consentfeed.dropped_partitions)
                    OR consent.updated_at > (SELECT first.recorded_at FROM consentfeed.events AS first ORDER BY first.seq LIMIT 1)
                ) THEN format('consent %s was changed without an event', consent.id)
            END
            -- Nearly always it is the same text, and need not be taken apart.
            WHEN substr(event.body, strpos(event.body, '"type":')) = consentfeed.event_content(consent) THEN NULL
            WHEN ('{' || consentfeed.event_content(consent))::jsonb @> event.body::jsonb - '{seq,recorded_at}'::text[] THEN NULL
            ELSE 'its consent is not as this event left it'
        END AS problem
        FROM newest
        FULL JOIN consentfeed.consents AS consent ON consent.id = newest.consent_id
        LEFT JOIN consentfeed.events AS event ON event.seq = newest.seq
    )
    -- A change without any event has no position of its own: up to the end of the log nothing tells of it.
    SELECT coalesce(compared.seq, (SELECT max(event.seq) FROM consentfeed.events AS event)), compared.problem
    FROM compared
    WHERE compared.problem IS NOT NULL
$$;
COMMENT ON FUNCTION consentfeed.differing_consents IS 'Consents that are not as the log says, each at the position of its newest event, or at the end of the log where it has none. For a log whose chain is whole.';
