CREATE OR REPLACE FUNCTION consentfeed.collect_notice_events()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO consentfeed.uncommitted_events (events)
    SELECT array_agg(consentfeed.notice_event(written::consentfeed.notices) ORDER BY written.purpose, written.version, written.language)
    FROM written
    -- What is published does not change, so an UPDATE that leaves it published has just published it.
    WHERE written.published_at IS NOT NULL
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.collect_notice_events IS 'Trigger of notices, once a statement: makes the events of those that are published by it, for the commit.';
