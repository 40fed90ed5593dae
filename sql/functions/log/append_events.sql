-- The only way into the log. The lock is held until the transaction ends, so it must be about to end; whoever holds the lock
-- waits for nothing else.
CREATE OR REPLACE FUNCTION consentfeed.append_events(new_events consentfeed.new_event [])
RETURNS TABLE (nth bigint, seq bigint, hash bytea, body text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
DECLARE
    _last record;
    _recorded_at timestamptz;
    _now text;
    _new consentfeed.new_event;
    _seq bigint;
    _body text;
    _hash bytea;
    _events consentfeed.events[] := '{}';
BEGIN
    IF cardinality(new_events) = 0 THEN
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

    FOREACH _new IN ARRAY new_events LOOP
        _seq := _seq + 1;
        _body := concat('{"seq":', _seq, ',"recorded_at":"', _now, '",', _new.content);
        _hash := sha256(_hash || convert_to(_body, 'UTF8'));
        _events := _events
            || ROW(_seq, _new.type, _new.consent_id, _new.customer_id, _recorded_at, _body, _hash)::consentfeed.events;
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
    -- The newest position: a hint, by which nodes that are sent events otherwise see whether they have them.
    PERFORM pg_notify('consentfeed', _seq::text);
    RETURN QUERY
        SELECT made.ordinality, made.seq, made.hash, made.body
        FROM unnest(_events) WITH ORDINALITY AS made;
END
$$;
COMMENT ON FUNCTION consentfeed.append_events IS 'Appends events in their order, without gaps, chained by hash, and rings the doorbell, naming the newest position. Returns their positions and bodies; nth counts from 1.';
