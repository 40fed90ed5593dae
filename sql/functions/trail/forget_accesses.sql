CREATE OR REPLACE FUNCTION consentfeed.forget_accesses(days integer, max_rows integer)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _count bigint;
BEGIN
    PERFORM set_config('consentfeed.forgetting', 'on', true); -- what the trigger of the trail looks for
    DELETE FROM consentfeed.access_trail AS line
    WHERE (line.at, line.id) IN (
        SELECT old.at, old.id
        FROM consentfeed.access_trail AS old
        WHERE old.at < statement_timestamp() - make_interval(days => greatest(forget_accesses.days, 30))
        ORDER BY old.at, old.id
        LIMIT max_rows
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS _count = ROW_COUNT;
    PERFORM set_config('consentfeed.forgetting', 'off', true);
    RETURN _count;
END
$$;
COMMENT ON FUNCTION consentfeed.forget_accesses IS 'Deletes the oldest lines of the access trail that are older than so many days, never less than 30; returns how many.';
