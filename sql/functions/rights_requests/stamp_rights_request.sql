CREATE OR REPLACE FUNCTION consentfeed.stamp_rights_request()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _by_hand boolean := NEW.actor_kind = 'database';
    _plain consentfeed.rights_requests := NEW;
    _to text;
    _erased timestamptz;
BEGIN
    SELECT customer.erased_at INTO _erased FROM consentfeed.customers AS customer
    WHERE customer.id = NEW.customer_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'received' OR NEW.received_at > greatest(clock_timestamp(), statement_timestamp()) + interval '1 minute' THEN
            RAISE EXCEPTION 'a request begins as received, and not in the future'
                USING ERRCODE = 'check_violation', HINT = 'Insert customer_id, kind and, if it was earlier, received_at.';
        ELSIF _erased IS NOT NULL THEN
            RAISE EXCEPTION 'customer % was erased and can request nothing', NEW.customer_id
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Register the person anew, under another id, if there is somebody to register.';
        END IF;
        SELECT deadline.amount, deadline.unit, deadline.extension_amount, deadline.extension_unit
        INTO NEW.amount, NEW.unit, NEW.extension_amount, NEW.extension_unit
        FROM consentfeed.deadlines AS deadline WHERE deadline.kind = NEW.kind;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no deadline for requests of kind %', NEW.kind
                USING ERRCODE = 'check_violation', HINT = 'SELECT kind FROM consentfeed.deadlines lists the kinds.';
        END IF;
        NEW.action := 'receive';
        NEW.version := 1;
        NEW.reference := consentfeed.rights_reference(NEW.received_at);
        NEW.came_by := CASE WHEN _by_hand THEN 'sql' ELSE NEW.came_by END;
        NEW.extended_at := NULL;
        NEW.waiting_since := NULL;
        NEW.waited_days := 0;
        NEW.closed_at := NULL;
    ELSE
        IF _by_hand THEN
            -- Who did what is not written by hand, nor what follows from it.
            _plain.status := OLD.status;
            _plain.assigned_to := OLD.assigned_to;
            _plain.actor_kind := OLD.actor_kind;
            _plain.actor_id := OLD.actor_id;
            _plain.method := OLD.method;
            _plain.reason_code := OLD.reason_code;
            _plain.reason_reference := OLD.reason_reference;
            _plain.note_sha256 := OLD.note_sha256;
            _plain.text_sha256 := OLD.text_sha256;
            IF _plain IS DISTINCT FROM OLD THEN
                RAISE EXCEPTION 'only status and assigned_to can be changed in rights_requests'
                    USING ERRCODE = 'object_not_in_prerequisite_state',
                          HINT = 'All other columns follow: deadlines from consentfeed.deadlines and consentfeed.holidays.';
            ELSIF NEW.status = OLD.status AND NEW.assigned_to IS NOT DISTINCT FROM OLD.assigned_to THEN
                RETURN OLD;
            END IF;
            NEW.action := CASE WHEN NEW.status = OLD.status THEN 'assign' ELSE (
                SELECT allowed.action FROM consentfeed.rights_transitions AS allowed
                WHERE allowed.from_status = OLD.status AND allowed.to_status = NEW.status
            ) END;
        END IF;
        SELECT allowed.to_status INTO _to FROM consentfeed.rights_transitions AS allowed
        WHERE allowed.action = NEW.action AND allowed.from_status = OLD.status;
        IF NEW.action = 'move' AND OLD.closed_at IS NULL THEN
            _to := OLD.status;
        END IF;
        IF _to IS NULL THEN
            RAISE EXCEPTION 'request % is %', OLD.reference, OLD.status
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'consentfeed.rights_transitions lists what may be done with it then.';
        ELSIF NEW.action = 'extend' AND (OLD.extended_at IS NOT NULL OR OLD.due_at <= statement_timestamp()) THEN
            RAISE EXCEPTION 'request % can be extended once, and before it is due', OLD.reference
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'The customer is told of an extension within the first period. Fulfil or refuse it.';
        ELSIF NEW.action = 'fulfil' AND NEW.kind = 'erasure' AND _erased IS NULL THEN
            RAISE EXCEPTION 'the customer of request % is not erased', OLD.reference
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = 'Fulfil it with POST /api/v1/rights-requests/{id}/fulfil, which erases.';
        END IF;
        NEW.status := _to;
        NEW.version := OLD.version + 1;
        IF OLD.waiting_since IS NOT NULL AND NEW.status <> 'waiting-for-customer' THEN
            NEW.waited_days := OLD.waited_days
                + consentfeed.days_waited(OLD.waiting_since, statement_timestamp(), OLD.unit);
            NEW.waiting_since := NULL;
        ELSIF NEW.action = 'ask' THEN
            NEW.waiting_since := statement_timestamp();
        ELSIF NEW.action = 'extend' THEN
            NEW.extended_at := statement_timestamp();
        END IF;
        IF NEW.status IN ('fulfilled', 'refused', 'cancelled') THEN
            NEW.closed_at := statement_timestamp();
        END IF;
    END IF;
    NEW.updated_at := statement_timestamp();
    IF NEW.closed_at IS NULL AND NEW.action IN ('receive', 'extend', 'resume', 'move') THEN
        -- Whoever changes the calendar or a holiday waits, and moves this request too, or has done so before.
        PERFORM FROM consentfeed.calendar FOR SHARE;
        SELECT deadline.due_at, deadline.because INTO NEW.due_at, NEW.due_because
        FROM consentfeed.rights_deadline(
            NEW.received_at, NEW.amount, NEW.unit,
            CASE WHEN NEW.extended_at IS NOT NULL THEN NEW.extension_amount END, NEW.extension_unit, NEW.waited_days
        ) AS deadline;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.stamp_rights_request IS 'Trigger of rights_requests: allows what rights_transitions allows, and fills in what follows from it: status, version, times, deadline.';
