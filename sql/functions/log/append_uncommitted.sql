-- Runs at commit (deferred), so that the log's lock is held for the commit only.
CREATE OR REPLACE FUNCTION consentfeed.append_uncommitted()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM consentfeed.append_events(NEW.events);
    DELETE FROM consentfeed.uncommitted_events AS uncommitted WHERE uncommitted.id = NEW.id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.append_uncommitted IS 'Deferred trigger of uncommitted_events: appends to the log what collect_events() has put there.';
