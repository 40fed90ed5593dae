CREATE OR REPLACE FUNCTION consentfeed.release_webhooks(holder uuid)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE consentfeed.followers AS follower SET held_until = '-infinity'
    WHERE follower.name ~ '^webhook:' AND follower.holder = release_webhooks.holder
$$;
COMMENT ON FUNCTION consentfeed.release_webhooks IS 'Lets other processes deliver at once what this holder did.';
