-- Appends copies of events that are there, each with its own number, chained as append_events() chains them: readers cannot
-- tell them from others. No consent has changed for them, and the time in their body is that of the event copied.
CREATE OR REPLACE FUNCTION pg_temp.grow(wanted integer)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    _samples consentfeed.events[];
    _rows consentfeed.events[];
    _sample consentfeed.events;
    _last record;
    _seq bigint;
    _hash bytea;
    _body text;
    _rest integer := wanted;
BEGIN
    SELECT array_agg(sample) INTO _samples
    FROM (SELECT event FROM consentfeed.events AS event WHERE event.seq BETWEEN 1 AND 500) AS taken (sample);
    LOCK TABLE consentfeed.log_order IN EXCLUSIVE MODE;
    SELECT event.seq, event.hash, event.recorded_at INTO STRICT _last
    FROM consentfeed.events AS event ORDER BY event.seq DESC LIMIT 1;
    _seq := _last.seq;
    _hash := _last.hash;
    WHILE _rest > 0 LOOP
        _rows := '{}';
        FOR _ IN 1 .. least(_rest, 500) LOOP
            _seq := _seq + 1;
            _sample := _samples[1 + _seq % cardinality(_samples)];
            _body := concat('{"seq":', _seq, substr(_sample.body, strpos(_sample.body, ',')));
            _hash := sha256(_hash || convert_to(_body, 'UTF8'));
            _rows := _rows || ROW(
                _seq, _sample.type, _sample.consent_id, _sample.customer_id, _last.recorded_at, _body, _hash
            )::consentfeed.events;
        END LOOP;
        INSERT INTO consentfeed.events SELECT * FROM unnest(_rows);
        _rest := _rest - 500;
    END LOOP;
END
$$;
