CREATE OR REPLACE FUNCTION consentfeed.held_locks()
RETURNS TABLE (transaction text, pid integer, role text)
LANGUAGE sql STABLE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
    -- Everybody sees who holds what, but not since when: ask twice.
    SELECT DISTINCT lock.virtualtransaction, lock.pid, activity.usename::text
    FROM pg_locks AS lock LEFT JOIN pg_stat_activity AS activity ON activity.pid = lock.pid
    WHERE lock.locktype = 'relation' AND lock.granted
        AND lock.database = (SELECT base.oid FROM pg_database AS base WHERE base.datname = current_database())
        AND lock.relation IN (
            'consentfeed.consents'::regclass, 'consentfeed.events'::regclass, 'consentfeed.log_order'::regclass
        )
        AND lock.mode NOT IN ('AccessShareLock', 'ShareUpdateExclusiveLock')
        AND lock.pid <> pg_backend_pid()
$$;
COMMENT ON FUNCTION consentfeed.held_locks IS 'Transactions that hold consents or the log against writers, by an id that no other has, with process and role.';
