-- One call for both: who holds the work says how far it has come, and who does not hold it notes nothing.
CREATE OR REPLACE FUNCTION consentfeed.hold_relay(holder uuid, seconds double precision, "position" bigint, hash bytea)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT consentfeed.hold_follower('relay', hold_relay.holder, hold_relay.seconds) THEN
        RETURN false;
    END IF;
    UPDATE consentfeed.followers AS follower
    SET position = hold_relay.position, hash = hold_relay.hash
    WHERE follower.name = 'relay' AND hold_relay.hash IS NOT NULL;
    RETURN true;
END
$$;
COMMENT ON FUNCTION consentfeed.hold_relay IS 'Takes the work of relaying the log to NATS, or keeps it, for so many seconds, and notes how far it has come (hash NULL: nothing is noted); false while another process does it.';
