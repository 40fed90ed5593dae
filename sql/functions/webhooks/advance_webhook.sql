-- Who was paused, or reads a history that is lost, moves nothing: the row must still be its own, stand where it was read, and
-- the event must be in this log.
CREATE OR REPLACE FUNCTION consentfeed.advance_webhook(
    name text, holder uuid, before bigint, "position" bigint, hash bytea, delivered boolean
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
BEGIN
    UPDATE consentfeed.followers AS follower SET position = advance_webhook.position, hash = advance_webhook.hash
    WHERE follower.name = 'webhook:' || advance_webhook.name AND follower.holder = advance_webhook.holder
        AND follower.position = advance_webhook.before
        AND (
            EXISTS (
                SELECT FROM consentfeed.events AS event
                WHERE event.seq = advance_webhook.position AND event.hash = advance_webhook.hash
            )
            -- Retention has dropped it meanwhile.
            OR EXISTS (
                SELECT FROM consentfeed.dropped_partitions AS gone WHERE gone.last_seq >= advance_webhook.position
            )
        );
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF delivered THEN
        UPDATE consentfeed.webhooks AS kept
        SET delivered_at = clock_timestamp(), tries = 0, failing_since = NULL, next_try_at = NULL
        WHERE kept.name = advance_webhook.name;
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION consentfeed.advance_webhook IS 'Notes that an endpoint has come from one position to another one, for whoever delivers it; false, and nothing, where that is somebody else by now, or the position another one.';
