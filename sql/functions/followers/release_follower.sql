CREATE OR REPLACE FUNCTION consentfeed.release_follower(name text, holder uuid)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE consentfeed.followers AS follower SET held_until = '-infinity'
    WHERE follower.name = release_follower.name AND follower.holder = release_follower.holder
$$;
COMMENT ON FUNCTION consentfeed.release_follower IS 'Lets another process take a piece of work at once, where it is still the holder''s own.';
