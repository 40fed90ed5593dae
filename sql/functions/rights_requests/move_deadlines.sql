CREATE OR REPLACE FUNCTION consentfeed.move_deadlines(cause text, reason_code text, days date [])
RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _count integer;
    _zone text;
BEGIN
    -- Who writes a request meanwhile waits here, or is waited for: each is counted by the days as they are now.
    SELECT calendar.time_zone INTO _zone FROM consentfeed.calendar AS calendar FOR NO KEY UPDATE;
    PERFORM set_config('consentfeed.recording', 'on', true); -- what the triggers of rights_requests look for
    WITH held AS (
        SELECT request.*
        FROM consentfeed.rights_requests AS request
        WHERE request.closed_at IS NULL AND (days IS NULL OR EXISTS (
            SELECT FROM unnest(days) AS off (day)
            WHERE request.due_at > off.day::timestamp AT TIME ZONE _zone
                AND request.received_at < (off.day + 1)::timestamp AT TIME ZONE _zone
        ))
        ORDER BY request.id
        FOR NO KEY UPDATE
    )
    UPDATE consentfeed.rights_requests AS request
    SET action = 'move', actor_kind = 'system', actor_id = cause, method = cause,
        reason_code = move_deadlines.reason_code,
        reason_reference = (SELECT left(string_agg(off.day::text, ' ' ORDER BY off.day), 200) FROM unnest(days) AS off (day)),
        note_sha256 = NULL, text_sha256 = NULL
    FROM held CROSS JOIN LATERAL consentfeed.rights_deadline(
        held.received_at, held.amount, held.unit, CASE WHEN held.extended_at IS NOT NULL THEN held.extension_amount END,
        held.extension_unit, held.waited_days
    ) AS deadline
    WHERE request.id = held.id AND deadline.due_at <> held.due_at;
    GET DIAGNOSTICS _count = ROW_COUNT;
    PERFORM set_config('consentfeed.recording', 'off', true);
    RETURN _count;
END
$$;
COMMENT ON FUNCTION consentfeed.move_deadlines IS 'Computes the deadlines of open requests again (with days: of those between whose receipt and last day one of them lies); what is due on another day now gets an event. Returns how many were moved.';
