CREATE OR REPLACE FUNCTION consentfeed.forget_rights_texts(days integer, max_rows integer)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _old uuid[];
BEGIN
    SELECT coalesce(array_agg(old.id), '{}') INTO _old
    FROM (
        SELECT request.id
        FROM consentfeed.rights_requests AS request
        WHERE request.closed_at < statement_timestamp() - make_interval(days => greatest(forget_rights_texts.days, 30))
            AND EXISTS (
                SELECT FROM consentfeed.rights_texts AS written
                WHERE written.request_id = request.id AND written.text IS NOT NULL
            )
        LIMIT max_rows
    ) AS old;
    UPDATE consentfeed.rights_texts AS written SET text = NULL, salt = '' WHERE written.request_id = ANY (_old);
    -- What was said as a reason is there, too.
    UPDATE consentfeed.event_notes AS written SET note = NULL, salt = ''
    WHERE written.seq IN (
        SELECT event.seq
        FROM unnest(_old) AS old (id)
        CROSS JOIN LATERAL consentfeed.rights_history(old.id, NULL) AS event
        OFFSET 0
    );
    RETURN cardinality(_old);
END
$$;
COMMENT ON FUNCTION consentfeed.forget_rights_texts IS 'Empties what was written in requests that were closed more than so many days ago, never less than 30; returns in how many.';
