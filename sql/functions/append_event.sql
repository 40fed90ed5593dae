-- Runs at commit (deferred), so that the lock below is held for the commit only. Whoever holds it waits for nothing else.
CREATE OR REPLACE FUNCTION consentfeed.append_event()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _last record;
    _seq bigint;
    _recorded_at timestamptz;
    _body text;
    _hash bytea;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.version = OLD.version THEN
        RETURN NULL; -- the present answer was repeated
    END IF;
    LOCK TABLE consentfeed.log_order IN EXCLUSIVE MODE;
    -- After the lock, in a statement of its own: only a snapshot taken now sees the last commit.
    SELECT event.seq, event.hash, event.recorded_at INTO STRICT _last
    FROM consentfeed.events AS event
    ORDER BY event.seq DESC
    LIMIT 1;

    _seq := _last.seq + 1;
    _recorded_at := greatest(clock_timestamp(), _last.recorded_at);
    _body := concat(
        '{"seq":', _seq, ',"type":"', NEW.status,
        '","consent_id":"', NEW.id, '","customer_id":"', NEW.customer_id,
        '","recorded_at":"', consentfeed.rfc3339(_recorded_at),
        '","consent":', consentfeed.consent_json(NEW, NEW.status),
        ',"timestamp":"', consentfeed.rfc3339(NEW.updated_at),
        '","user":{"id":"', NEW.customer_id,
        '"},"actor":{"kind":"', NEW.actor_kind, '","id":', coalesce(to_json(NEW.actor_id)::text, 'null'),
        '},"method":"', NEW.method,
        '","reason":', CASE
            WHEN NEW.reason_code IS NULL AND NEW.reason_reference IS NULL AND NEW.note_sha256 IS NULL THEN 'null'
            ELSE concat(
                '{"code":', coalesce(to_json(NEW.reason_code)::text, 'null'),
                ',"text":null,"reference":', coalesce(to_json(NEW.reason_reference)::text, 'null'), '}'
            )
        END,
        ',"note_sha256":', coalesce('"' || encode(NEW.note_sha256, 'hex') || '"', 'null'), '}'
    );
    _hash := sha256(_last.hash || convert_to(_body, 'UTF8'));

    IF current_setting('transaction_isolation') IN ('read committed', 'read uncommitted') THEN
        INSERT INTO consentfeed.events (seq, type, consent_id, customer_id, recorded_at, body, hash)
        VALUES (_seq, NEW.status, NEW.id, NEW.customer_id, _recorded_at, _body, _hash);
    ELSE
        -- The snapshot is as old as the transaction: the last event it sees may not be the last.
        BEGIN
            INSERT INTO consentfeed.events (seq, type, consent_id, customer_id, recorded_at, body, hash)
            VALUES (_seq, NEW.status, NEW.id, NEW.customer_id, _recorded_at, _body, _hash);
        EXCEPTION WHEN unique_violation THEN
            RAISE EXCEPTION 'could not append to the log: another transaction committed first'
                USING ERRCODE = 'serialization_failure',
                      HINT = 'Repeat the transaction, or use READ COMMITTED.';
        END;
    END IF;
    PERFORM pg_notify('consentfeed', '');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.append_event IS 'Deferred trigger of consents: appends one event per change, in commit order, without gaps, chained by hash, and rings the doorbell.';
