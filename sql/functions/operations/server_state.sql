CREATE OR REPLACE FUNCTION consentfeed.server_state()
RETURNS json
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT json_build_object(
        'fsync', current_setting('fsync') = 'on',
        'full_page_writes', current_setting('full_page_writes') = 'on',
        'synchronous_commit', current_setting('synchronous_commit'),
        'connections', json_build_object(
            'of the server', json_build_array(
                (SELECT sum(base.numbackends) FROM pg_stat_database AS base),
                -- Of others nobody but a superuser may take the reserved ones.
                current_setting('max_connections')::integer
                - current_setting('superuser_reserved_connections')::integer
                - coalesce(current_setting('reserved_connections', true)::integer, 0)
            ),
            'of the database', (
                SELECT json_build_array(stat.numbackends, base.datconnlimit)
                FROM pg_database AS base JOIN pg_stat_database AS stat ON stat.datid = base.oid
                WHERE base.datname = current_database()
            ),
            -- Of a role, those in all databases count.
            'of the role', (
                SELECT json_build_array(
                    (SELECT count(*) FROM pg_stat_activity AS activity WHERE activity.usesysid = role.oid), role.rolconnlimit
                )
                FROM pg_roles AS role WHERE role.rolname = session_user
            )
        ),
        'notification_queue', pg_notification_queue_usage(),
        'partitions_ahead', (
            SELECT count(*)
            FROM pg_inherits AS attached JOIN pg_class AS class ON class.oid = attached.inhrelid
            WHERE attached.inhparent = 'consentfeed.events'::regclass
                AND substring(class.relname FROM '^events_p([0-9]+)$')::bigint
                > (SELECT max(event.seq) FROM consentfeed.events AS event) / 10000000
        ),
        -- What sorts the keys of purposes and accounts; customers are sorted by functions of ours (name_key).
        'collation', own.datcollate,
        'collation_version', own.datcollversion,
        'collation_version_now', pg_database_collation_actual_version(own.oid)
    )
    FROM pg_database AS own
    WHERE own.datname = current_database()
$$;
COMMENT ON FUNCTION consentfeed.server_state IS 'What consentfeed doctor looks at in the server: durability, time limits, connections, notifications, partitions, collation.';
