CREATE OR REPLACE FUNCTION consentfeed.rotate_webhook(name text, secret bytea, both_sign interval)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE consentfeed.webhooks AS kept
    SET secret = rotate_webhook.secret, old_secret = kept.secret,
        old_secret_until = clock_timestamp() + rotate_webhook.both_sign, turn = kept.turn + 1
    WHERE kept.name = rotate_webhook.name;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION consentfeed.rotate_webhook IS 'Gives an endpoint another secret; the one before signs as well for so long. False where there is no such endpoint.';
