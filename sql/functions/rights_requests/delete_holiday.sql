CREATE OR REPLACE FUNCTION consentfeed.delete_holiday(day date)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM consentfeed.holidays AS holiday WHERE holiday.day = delete_holiday.day;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN (
        SELECT count(*) FROM consentfeed.rights_requests AS request
        WHERE request.closed_at IS NULL AND request.action = 'move' AND request.updated_at = statement_timestamp()
    );
END
$$;
COMMENT ON FUNCTION consentfeed.delete_holiday IS 'Deletes a holiday: how many open requests were moved by that; NULL: there was none on this day.';
