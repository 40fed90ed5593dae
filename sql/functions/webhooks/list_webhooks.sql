CREATE OR REPLACE FUNCTION consentfeed.list_webhooks(holder uuid)
RETURNS TABLE (
    name text, url text, kinds text [], purposes text [], channels text [], types text [], batch bigint,
    personal_data boolean, secret bytea, old_secret bytea, old_secret_until timestamptz, tries bigint,
    failing_since timestamptz, next_try_at timestamptz, wait_seconds double precision, last_error text,
    last_error_detail text, last_error_at timestamptz, delivered_at timestamptz, disabled_at timestamptz, turn bigint,
    created_at timestamptz, updated_at timestamptz, tag text, "position" bigint, hash bytea, head bigint,
    held_seconds double precision
)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        kept.name, kept.url, kept.kinds, kept.purposes, kept.channels, kept.types, kept.batch, kept.personal_data,
        kept.secret, CASE WHEN kept.old_secret_until > clock_timestamp() THEN kept.old_secret END,
        CASE WHEN kept.old_secret_until > clock_timestamp() THEN kept.old_secret_until END, kept.tries, kept.failing_since, kept.next_try_at,
        -- No longer than was meant, though the clock may have gone back since.
        extract(epoch FROM least(kept.next_try_at - clock_timestamp(), kept.next_try_at - kept.last_error_at))::double precision, kept.last_error,
        kept.last_error_detail, kept.last_error_at, kept.delivered_at, kept.disabled_at, kept.turn, kept.created_at,
        kept.updated_at, consentfeed.webhook_tag(kept), follower.position, follower.hash, head.seq,
        CASE
            WHEN follower.holder = list_webhooks.holder
                THEN extract(epoch FROM follower.held_until - clock_timestamp())::double precision
        END
    FROM consentfeed.webhooks AS kept
    JOIN consentfeed.followers AS follower ON follower.name = 'webhook:' || kept.name
    CROSS JOIN consentfeed.log_head() AS head
    ORDER BY kept.name
$$;
COMMENT ON FUNCTION consentfeed.list_webhooks IS 'All endpoints, how they fare, and the newest event; for how many more seconds this holder delivers each (NULL: another one does).';
