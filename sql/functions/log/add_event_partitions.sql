-- Created apart and then attached: CREATE TABLE … PARTITION OF would wait for every reader of events and stop writers behind it.
CREATE OR REPLACE FUNCTION consentfeed.add_event_partitions()
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _size constant bigint := 10000000;
    _newest bigint := (SELECT max(event.seq) FROM consentfeed.events AS event) / _size;
    _number bigint;
    _name text;
    _added integer := 0;
BEGIN
    -- One at a time; a table that nobody else may lock, so that nobody can block this for ever.
    LOCK TABLE consentfeed.dropped_partitions IN EXCLUSIVE MODE;
    FOR _number IN _newest .. _newest + 2 LOOP
        _name := format('events_p%s', _number);
        CONTINUE WHEN to_regclass('consentfeed.' || _name) IS NOT NULL;
        EXECUTE format('CREATE TABLE consentfeed.%I (LIKE consentfeed.events INCLUDING ALL)', _name);
        EXECUTE format(
            'COMMENT ON TABLE consentfeed.%I IS %L', _name,
            format('Events %s to %s.', _number * _size, (_number + 1) * _size - 1)
        );
        -- With this check ATTACH need not scan the table.
        EXECUTE format(
            'ALTER TABLE consentfeed.%I ADD CONSTRAINT seq_range CHECK (seq >= %s AND seq < %s)',
            _name, _number * _size, (_number + 1) * _size
        );
        PERFORM consentfeed.guard_log_table(format('consentfeed.%I', _name)::regclass);
        EXECUTE format(
            'ALTER TABLE consentfeed.events ATTACH PARTITION consentfeed.%I FOR VALUES FROM (%s) TO (%s)',
            _name, _number * _size, (_number + 1) * _size
        );
        EXECUTE format('ALTER TABLE consentfeed.%I DROP CONSTRAINT seq_range', _name);
        _added := _added + 1;
    END LOOP;
    RETURN _added;
END
$$;
COMMENT ON FUNCTION consentfeed.add_event_partitions IS 'Keeps two empty partitions ahead of the log; returns how many it made. Safe to call at any time, by many at once.';
