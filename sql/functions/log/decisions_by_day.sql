CREATE OR REPLACE FUNCTION consentfeed.decisions_by_day(days integer)
RETURNS TABLE (day text, purpose text, granted bigint, revoked bigint)
LANGUAGE plpgsql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    _since timestamptz := (date_trunc('day', statement_timestamp() AT TIME ZONE 'UTC') - make_interval(days => days - 1))
        AT TIME ZONE 'UTC';
    _first bigint;
    _last bigint;
    _middle bigint;
BEGIN
    -- Positions have no gaps, and the time of recording never goes back along them: the first of these days is found by
    -- halving, without an index on the time.
    SELECT min(event.seq), max(event.seq) INTO _first, _last FROM consentfeed.events AS event;
    WHILE _first < _last LOOP
        _middle := (_first + _last) / 2;
        IF (SELECT event.recorded_at < _since FROM consentfeed.events AS event WHERE event.seq = _middle) THEN
            _first := _middle + 1;
        ELSE
            _last := _middle;
        END IF;
    END LOOP;
    RETURN QUERY
    SELECT
        to_char(event.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), consent.purpose,
        count(*) FILTER (WHERE event.type = 'granted'), count(*) FILTER (WHERE event.type = 'revoked')
    FROM consentfeed.events AS event JOIN consentfeed.consents AS consent ON consent.id = event.consent_id
    WHERE event.seq >= _first AND event.recorded_at >= _since AND event.type IN ('granted', 'revoked')
    GROUP BY 1, 2
    ORDER BY 1, 2;
END
$$;
COMMENT ON FUNCTION consentfeed.decisions_by_day IS 'How often consents were granted and revoked, by purpose and day (UTC, by the time of recording), in the last days, today among them. Reads all events of these days.';
