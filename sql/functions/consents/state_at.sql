-- From the log alone where it says something: the row says what is today.
CREATE OR REPLACE FUNCTION consentfeed.state_at(consent consentfeed.consents, upto bigint, at timestamptz)
RETURNS TABLE (state text, status text, version bigint, kept boolean)
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
DECLARE
    _before json := (
        SELECT event.body::json -> 'consent'
        FROM consentfeed.events AS event
        WHERE event.consent_id = (state_at.consent).id AND event.seq <= state_at.upto
        ORDER BY event.seq DESC
        LIMIT 1
    );
    _next_version bigint := (
        SELECT (event.body::json #>> '{consent,version}')::bigint
        FROM consentfeed.events AS event
        WHERE event.consent_id = (state_at.consent).id AND event.seq > state_at.upto
        ORDER BY event.seq
        LIMIT 1
    );
    _state consentfeed.consents := state_at.consent;
BEGIN
    kept := true;
    IF _before IS NOT NULL THEN
        version := (_before ->> 'version')::bigint;
        status := CASE
            WHEN _before ->> 'status' = 'granted' AND (_before ->> 'expires_at')::timestamptz <= state_at.at THEN 'expired'
            ELSE _before ->> 'status'
        END;
        -- It holds codes, numbers and times alone, so these letters stand nowhere else in it.
        state := replace(_before::text, '"status":"granted"', concat('"status":"', status, '"'));
    ELSIF _next_version > 1 THEN
        kept := false; -- retention has dropped the event that said so
    ELSE
        IF _next_version = 1 THEN
            -- When the row was made, nothing says any more; it is as old as the customer, or younger.
            SELECT (state_at.consent).id, (state_at.consent).customer_id, (state_at.consent).purpose,
                (state_at.consent).channel, 'pending', 0, NULL, NULL, NULL, NULL, NULL, NULL, customer.created_at
            INTO _state
            FROM consentfeed.customers AS customer WHERE customer.id = (state_at.consent).customer_id;
        END IF;
        -- No event after that time, and none kept before: the row is as it was.
        IF _state.version = 0 AND _state.updated_at > state_at.at THEN
            RETURN; -- it was not there yet
        END IF;
        version := _state.version;
        status := CASE
            WHEN _state.status = 'granted' AND _state.expires_at <= state_at.at THEN 'expired' ELSE _state.status
        END;
        state := consentfeed.consent_json(_state, status);
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION consentfeed.state_at IS 'A consent as it was at a time, up to whose last event the log is read (position_at); kept is false where retention has dropped what is needed, and there is no row where there was no consent yet.';
