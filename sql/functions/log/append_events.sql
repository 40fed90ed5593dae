-- The only way into the log. The lock is held until the transaction ends, so it must be about to end; whoever holds the lock
-- waits for nothing else.
CREATE OR REPLACE FUNCTION consentfeed.append_events(changed consentfeed.consents [])
RETURNS TABLE (nth bigint, seq bigint, hash bytea, consent text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _last record;
    _recorded_at timestamptz;
    _now text;
    _row consentfeed.consents;
    _seq bigint;
    _consent text;
    _body text;
    _hash bytea;
    _consents text[] := '{}';
    _events consentfeed.events[] := '{}';
BEGIN
    IF cardinality(changed) = 0 THEN
        RETURN; -- nobody has to wait for nothing
    END IF;
    LOCK TABLE consentfeed.log_order IN EXCLUSIVE MODE;
    -- After the lock, in a statement of its own: only a snapshot taken now sees the last commit.
    SELECT event.seq, event.hash, event.recorded_at INTO STRICT _last
    FROM consentfeed.events AS event
    ORDER BY event.seq DESC
    LIMIT 1;
    _seq := _last.seq;
    _hash := _last.hash;
    _recorded_at := greatest(clock_timestamp(), _last.recorded_at);
    _now := consentfeed.rfc3339(_recorded_at);

    FOREACH _row IN ARRAY changed LOOP
        _seq := _seq + 1;
        _consent := consentfeed.consent_json(_row, _row.status);
        _body := concat('{"seq":', _seq, ',"recorded_at":"', _now, '",', consentfeed.event_content(_row));
        _hash := sha256(_hash || convert_to(_body, 'UTF8'));
        _consents := _consents || _consent;
        _events := _events || ROW(_seq, _row.status, _row.id, _row.customer_id, _recorded_at, _body, _hash)::consentfeed.events;
    END LOOP;

    IF current_setting('transaction_isolation') IN ('read committed', 'read uncommitted') THEN
        INSERT INTO consentfeed.events SELECT event.* FROM unnest(_events) AS event;
    ELSE
        -- The snapshot is as old as the transaction: the last event it sees may not be the last.
        BEGIN
            INSERT INTO consentfeed.events SELECT event.* FROM unnest(_events) AS event;
        EXCEPTION WHEN unique_violation THEN
            RAISE EXCEPTION 'could not append to the log: another transaction committed first'
                USING ERRCODE = 'serialization_failure',
                      HINT = 'Repeat the transaction, or use READ COMMITTED.';
        END;
    END IF;
    PERFORM pg_notify('consentfeed', '');
    RETURN QUERY
        SELECT made.seq - _last.seq, made.seq, made.hash, told.consent
        FROM ROWS FROM (unnest(_consents)) WITH ORDINALITY AS told (consent, nth)
        JOIN unnest(_events) AS made ON made.seq = _last.seq + told.nth;
END
$$;
COMMENT ON FUNCTION consentfeed.append_events IS 'Appends one event for each changed consent, in their order, without gaps, chained by hash, and rings the doorbell. Returns the places, and each consent as its event shows it.';
