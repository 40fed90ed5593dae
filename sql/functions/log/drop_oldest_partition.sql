CREATE OR REPLACE FUNCTION consentfeed.drop_oldest_partition()
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
-- DETACH waits for all readers, and everybody else waits behind it: rather give up and be called again.
SET lock_timeout = '1s'
AS $$
DECLARE
    _partition regclass;
    _last record;
    _head bigint := (SELECT max(event.seq) FROM consentfeed.events AS event);
BEGIN
    LOCK TABLE consentfeed.dropped_partitions IN EXCLUSIVE MODE;
    SELECT event.tableoid::regclass INTO STRICT _partition
    FROM consentfeed.events AS event ORDER BY event.seq LIMIT 1;
    EXECUTE format('SELECT seq, hash FROM %s ORDER BY seq DESC LIMIT 1', _partition) INTO STRICT _last;
    IF _last.seq = _head THEN
        RAISE EXCEPTION 'partition % holds the end of the log', _partition
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Only a full partition can be dropped; wait until the log has gone on to the next.';
    END IF;
    -- The leaves of the tree stay: proofs of later events lead past them.
    EXECUTE format(
        'INSERT INTO consentfeed.dropped_hashes (first_seq, hashes)'
        ' SELECT min(seq), string_agg(hash, '''' ORDER BY seq) FROM %s GROUP BY seq / 256', _partition
    );
    INSERT INTO consentfeed.dropped_partitions (last_seq, last_hash) VALUES (_last.seq, _last.hash);
    DELETE FROM consentfeed.event_notes AS note WHERE note.seq <= _last.seq;
    EXECUTE format('ALTER TABLE consentfeed.events DETACH PARTITION %s', _partition);
    EXECUTE format('DROP TABLE %s', _partition);
    RETURN _last.seq;
END
$$;
COMMENT ON FUNCTION consentfeed.drop_oldest_partition IS 'Retention: drops the oldest partition of the log, keeps its hashes, and returns the position of the last event that is gone. For the owner; takes a short exclusive lock, and gives up (55P03) where readers keep it waiting for a second.';
