CREATE OR REPLACE FUNCTION consentfeed.hold_follower(name text, holder uuid, seconds double precision)
RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH held AS (
        INSERT INTO consentfeed.followers AS follower (name, holder, held_from, held_until)
        SELECT
            hold_follower.name, hold_follower.holder, clock.now,
            clock.now + make_interval(secs => hold_follower.seconds)
        FROM (SELECT clock_timestamp() AS now) AS clock
        ON CONFLICT (name) DO UPDATE
        SET holder = excluded.holder, held_from = excluded.held_from, held_until = excluded.held_until
        WHERE follower.holder = excluded.holder OR NOT consentfeed.is_held(follower)
        RETURNING true
    )
    SELECT EXISTS (SELECT FROM held)
$$;
COMMENT ON FUNCTION consentfeed.hold_follower IS 'Takes a piece of work, or keeps it, for so many seconds; false while another process holds it.';
