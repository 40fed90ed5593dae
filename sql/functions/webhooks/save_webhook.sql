CREATE OR REPLACE FUNCTION consentfeed.save_webhook(
    name text, url text, kinds text [], purposes text [], channels text [], types text [], batch bigint,
    personal_data boolean, secret bytea, most bigint, expected text [] DEFAULT NULL
)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _before consentfeed.webhooks;
BEGIN
    -- Of two who add the same one, the second finds it; and nobody counts while somebody adds.
    LOCK TABLE consentfeed.webhooks IN SHARE ROW EXCLUSIVE MODE;
    SELECT kept.* INTO _before FROM consentfeed.webhooks AS kept WHERE kept.name = save_webhook.name;
    IF NOT consentfeed.state_fits(CASE WHEN FOUND THEN consentfeed.webhook_tag(_before) END, expected) THEN
        RETURN 'stale';
    END IF;
    IF _before.name IS NOT NULL THEN
        UPDATE consentfeed.webhooks AS kept
        SET url = save_webhook.url, kinds = save_webhook.kinds, purposes = save_webhook.purposes,
            channels = save_webhook.channels, types = save_webhook.types, batch = save_webhook.batch,
            personal_data = save_webhook.personal_data, updated_at = clock_timestamp(), turn = kept.turn + 1,
            tries = 0, failing_since = NULL, next_try_at = NULL, disabled_at = NULL
        WHERE kept.name = save_webhook.name;
        RETURN 'changed';
    END IF;
    IF (SELECT count(*) FROM consentfeed.webhooks) >= most THEN
        RETURN 'too-many';
    END IF;
    INSERT INTO consentfeed.webhooks (
        name, url, kinds, purposes, channels, types, batch, personal_data, secret
    ) VALUES (
        save_webhook.name, save_webhook.url, save_webhook.kinds, save_webhook.purposes, save_webhook.channels,
        save_webhook.types, save_webhook.batch, save_webhook.personal_data, save_webhook.secret
    );
    INSERT INTO consentfeed.followers (name, holder, held_until, position, hash)
    SELECT 'webhook:' || save_webhook.name, gen_random_uuid(), '-infinity', head.seq, head.hash
    FROM consentfeed.log_head() AS head;
    RETURN 'added';
END
$$;
COMMENT ON FUNCTION consentfeed.save_webhook IS 'Adds an endpoint, which begins at the newest event, or changes it, if it is as expected (see state_fits): added, changed (and tried at once, if it was given up), stale, or too-many.';
