CREATE OR REPLACE FUNCTION consentfeed.hold_webhooks(holder uuid, seconds double precision)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _name text;
BEGIN
    -- In one order, for two who do this at once; and no row is touched without need, several times a second.
    FOR _name IN
        SELECT follower.name FROM consentfeed.webhooks AS kept
        JOIN consentfeed.followers AS follower ON follower.name = 'webhook:' || kept.name
        WHERE kept.disabled_at IS NULL
            AND (
                NOT consentfeed.is_held(follower)
                OR follower.holder = hold_webhooks.holder
                AND follower.held_until < clock_timestamp() + make_interval(secs => seconds * 2 / 3)
            )
        ORDER BY follower.name
    LOOP
        PERFORM consentfeed.hold_follower(_name, hold_webhooks.holder, seconds);
    END LOOP;
END
$$;
COMMENT ON FUNCTION consentfeed.hold_webhooks IS 'Takes all endpoints that nobody delivers, and keeps those that this holder does, for so many seconds.';
