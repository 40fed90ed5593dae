CREATE OR REPLACE FUNCTION consentfeed.server_state()
RETURNS json
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT json_build_object(
        'fsync', current_setting('fsync') = 'on',
        'full_page_writes', current_setting('full_page_writes') = 'on',
        'synchronous_commit', current_setting('synchronous_commit'),
        'idle_in_transaction_ms', (
            SELECT setting.setting::bigint
            FROM pg_settings AS setting WHERE setting.name = 'idle_in_transaction_session_timeout'
        ),
        -- Of others nobody but a superuser may take the reserved ones.
        'connections_most', current_setting('max_connections')::integer
        - current_setting('superuser_reserved_connections')::integer
        - coalesce(current_setting('reserved_connections', true)::integer, 0),
        'connections_used', (SELECT sum(base.numbackends) FROM pg_stat_database AS base),
        'notification_queue', pg_notification_queue_usage(),
        'partitions_ahead', (
            SELECT count(*)
            FROM pg_inherits AS attached JOIN pg_class AS class ON class.oid = attached.inhrelid
            WHERE attached.inhparent = 'consentfeed.events'::regclass
                AND substring(class.relname FROM '^events_p(\d+)$')::bigint
                > (SELECT max(event.seq) FROM consentfeed.events AS event) / 10000000
        )
    )
$$;
COMMENT ON FUNCTION consentfeed.server_state IS 'What consentfeed doctor looks at in the server: durability, time limits, connections, notifications, partitions.';
