CREATE OR REPLACE FUNCTION consentfeed.keep_key(principal text, route text, key text, outcome jsonb)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF keep_key.key IS NULL THEN
        RETURN;
    ELSIF keep_key.outcome IS NULL THEN
        DELETE FROM consentfeed.idempotency_keys AS kept
        WHERE (kept.principal, kept.route, kept.key, kept.item) = (keep_key.principal, keep_key.route, keep_key.key, 1);
    ELSE
        UPDATE consentfeed.idempotency_keys AS kept SET outcome = keep_key.outcome
        WHERE (kept.principal, kept.route, kept.key, kept.item) = (keep_key.principal, keep_key.route, keep_key.key, 1);
    END IF;
END
$$;
COMMENT ON FUNCTION consentfeed.keep_key IS 'How a request ended whose key take_key() took; NULL: it came to nothing, and the key is free again.';
