-- For a whole statement at once, as collect_events() does for consents.
CREATE OR REPLACE FUNCTION consentfeed.collect_rights_events()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO consentfeed.uncommitted_events (events)
        SELECT array_agg(consentfeed.rights_event(changed.request))
        FROM (
            SELECT written::consentfeed.rights_requests AS request, (row_number() OVER () - 1) / 1000 AS part FROM written
        ) AS changed
        GROUP BY changed.part
        ORDER BY changed.part;
    ELSE
        INSERT INTO consentfeed.uncommitted_events (events)
        SELECT array_agg(consentfeed.rights_event(changed.request))
        FROM (
            SELECT written::consentfeed.rights_requests AS request, (row_number() OVER () - 1) / 1000 AS part
            FROM written JOIN former ON former.id = written.id AND former.version <> written.version
        ) AS changed
        GROUP BY changed.part
        ORDER BY changed.part;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.collect_rights_events IS 'Trigger of rights_requests, once a statement: makes the events of the rows that it has changed, for the commit.';
