CREATE OR REPLACE FUNCTION consentfeed.take_key(principal text, route text, key text, request_sha256 bytea)
RETURNS TABLE (problem text, outcome jsonb)
LANGUAGE plpgsql VOLATILE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF take_key.key IS NULL THEN
        RETURN;
    END IF;
    DELETE FROM consentfeed.idempotency_keys AS kept
    WHERE (kept.principal, kept.route, kept.key) = (take_key.principal, take_key.route, take_key.key)
        AND kept.created_at < statement_timestamp() - interval '24 hours';
    -- Waits for who has the same key under way.
    INSERT INTO consentfeed.idempotency_keys (principal, route, key, item, request_sha256, outcome)
    VALUES (take_key.principal, take_key.route, take_key.key, 1, take_key.request_sha256, 'null')
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN QUERY
            SELECT CASE WHEN kept.request_sha256 <> take_key.request_sha256 THEN 'key-reused' END, kept.outcome
            FROM consentfeed.idempotency_keys AS kept
            WHERE (kept.principal, kept.route, kept.key, kept.item)
                = (take_key.principal, take_key.route, take_key.key, 1);
    END IF;
END
$$;
COMMENT ON FUNCTION consentfeed.take_key IS 'No row: the key (NULL: none) is this request''s now, and keep_key() is to say how it ends. Else how it ended before, or key-reused.';
