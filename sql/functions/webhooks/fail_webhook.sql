CREATE OR REPLACE FUNCTION consentfeed.fail_webhook(
    name text, holder uuid, before bigint, error text, detail text, seconds double precision, days double precision,
    is_final boolean
)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _disabled_at timestamptz;
BEGIN
    -- Until this transaction ends nobody else can take it over, or move it.
    PERFORM FROM consentfeed.followers AS follower
    WHERE follower.name = 'webhook:' || fail_webhook.name AND follower.holder = fail_webhook.holder
        AND follower.position = fail_webhook.before
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'not-held';
    END IF;
    UPDATE consentfeed.webhooks AS kept
    SET tries = kept.tries + 1, failing_since = coalesce(kept.failing_since, clock_timestamp()),
        last_error = fail_webhook.error, last_error_detail = fail_webhook.detail, last_error_at = clock_timestamp(),
        next_try_at = clock_timestamp() + make_interval(secs => seconds),
        disabled_at = CASE
            WHEN is_final OR kept.failing_since < clock_timestamp() - make_interval(secs => days * 86400)
                THEN clock_timestamp()
        END
    WHERE kept.name = fail_webhook.name
    RETURNING kept.disabled_at INTO _disabled_at;
    RETURN CASE WHEN _disabled_at IS NULL THEN 'failing' ELSE 'disabled' END;
END
$$;
COMMENT ON FUNCTION consentfeed.fail_webhook IS 'Notes that a delivery failed, for whoever delivers, and that it is tried again in so many seconds: failing; disabled (it has failed for so many days, or need not be tried again); not-held (somebody else delivers by now, or the position is another one).';
