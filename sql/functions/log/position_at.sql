-- By halves, because recorded_at never goes back as seq grows: no index on it has to be kept up at each commit.
CREATE OR REPLACE FUNCTION consentfeed.position_at(at timestamptz)
RETURNS TABLE (seq bigint, hash bytea)
LANGUAGE plpgsql STABLE STRICT ROWS 1
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
DECLARE
    _low bigint := (SELECT event.seq FROM consentfeed.events AS event ORDER BY event.seq LIMIT 1);
    _high bigint := (SELECT event.seq FROM consentfeed.events AS event ORDER BY event.seq DESC LIMIT 1);
    _middle bigint;
BEGIN
    IF (SELECT event.recorded_at > position_at.at FROM consentfeed.events AS event WHERE event.seq = _low) THEN
        RETURN;
    END IF;
    WHILE _low < _high LOOP
        _middle := (_low + _high + 1) / 2;
        IF (SELECT event.recorded_at <= position_at.at FROM consentfeed.events AS event WHERE event.seq = _middle) THEN
            _low := _middle;
        ELSE
            _high := _middle - 1;
        END IF;
    END LOOP;
    RETURN QUERY SELECT event.seq, event.hash FROM consentfeed.events AS event WHERE event.seq = _low;
END
$$;
COMMENT ON FUNCTION consentfeed.position_at IS 'The last event that was recorded by that time; no row where the log that is kept begins later.';
