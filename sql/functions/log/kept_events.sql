CREATE OR REPLACE FUNCTION consentfeed.kept_events()
RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    -- Without gaps, so they need not be counted; row 0 is the place before the first event.
    SELECT coalesce(max(event.seq) - greatest(min(event.seq), 1) + 1, 0) FROM consentfeed.events AS event
$$;
COMMENT ON FUNCTION consentfeed.kept_events IS 'How many events the log holds, without those that retention has dropped.';
