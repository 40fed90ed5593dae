-- Runs at commit (deferred), so that the log's lock is held for the commit only.
CREATE OR REPLACE FUNCTION consentfeed.append_event()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.version <> OLD.version THEN
        PERFORM consentfeed.append_events(ARRAY[NEW]);
    END IF; -- else the present answer was repeated
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.append_event IS 'Deferred trigger of consents: appends the event of a change that was made with plain SQL.';
