CREATE OR REPLACE FUNCTION consentfeed.replay_webhook(name text, "position" bigint, hash bytea)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- First the follower, as whoever delivers does: neither waits for the other for ever.
    UPDATE consentfeed.followers AS follower
    SET position = coalesce(replay_webhook.position, follower.position),
        hash = CASE WHEN replay_webhook.position IS NULL THEN follower.hash ELSE replay_webhook.hash END
    WHERE follower.name = 'webhook:' || replay_webhook.name;
    UPDATE consentfeed.webhooks AS kept
    SET turn = kept.turn + 1, tries = 0, failing_since = NULL, next_try_at = NULL, disabled_at = NULL
    WHERE kept.name = replay_webhook.name;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION consentfeed.replay_webhook IS 'Lets an endpoint go on after this position (NULL: from where it stands), at once, also where it was given up. False where there is no such endpoint.';
