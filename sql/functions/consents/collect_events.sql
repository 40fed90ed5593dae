-- For a whole statement at once, and with all that can be done before the commit: for what the commit itself does, everybody
-- else waits. Parts of a thousand, because an array is built and read in memory.
CREATE OR REPLACE FUNCTION consentfeed.collect_events()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO consentfeed.uncommitted_events (events)
        SELECT array_agg(consentfeed.consent_event(changed.consent))
        FROM (
            SELECT written::consentfeed.consents AS consent, (row_number() OVER () - 1) / 1000 AS part
            FROM written
            WHERE written.version > 0
        ) AS changed
        GROUP BY changed.part
        ORDER BY changed.part;
    ELSE
        INSERT INTO consentfeed.uncommitted_events (events)
        SELECT array_agg(consentfeed.consent_event(changed.consent))
        FROM (
            SELECT written::consentfeed.consents AS consent, (row_number() OVER () - 1) / 1000 AS part
            FROM written
            -- A row that has its old version repeats the present answer.
            JOIN former ON former.id = written.id AND former.version <> written.version
        ) AS changed
        GROUP BY changed.part
        ORDER BY changed.part;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.collect_events IS 'Trigger of consents, once a statement: makes the events of the rows that a plain INSERT or UPDATE has changed, and keeps them in uncommitted_events for the commit.';
