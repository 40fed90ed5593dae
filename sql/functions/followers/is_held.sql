CREATE OR REPLACE FUNCTION consentfeed.is_held(follower consentfeed.followers)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    -- Before held_from: the clock has gone back, and by as much held_until is too late.
    SELECT clock_timestamp() BETWEEN follower.held_from AND follower.held_until
$$;
COMMENT ON FUNCTION consentfeed.is_held IS 'Whether a piece of work is some process''s own now.';
