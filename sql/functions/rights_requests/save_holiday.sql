CREATE OR REPLACE FUNCTION consentfeed.save_holiday(day date, name text, most bigint)
RETURNS TABLE (outcome text, moved bigint)
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT count(*) FROM consentfeed.holidays AS holiday WHERE holiday.day <> save_holiday.day) >= most THEN
        outcome := 'too-many-holidays';
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO consentfeed.holidays AS holiday (day, name) VALUES (save_holiday.day, save_holiday.name)
    ON CONFLICT ON CONSTRAINT holidays_pkey DO UPDATE SET name = excluded.name
    RETURNING CASE WHEN holiday.xmax = 0 THEN 'added' ELSE 'changed' END INTO outcome;
    SELECT count(*) INTO moved FROM consentfeed.rights_requests AS request
    WHERE request.closed_at IS NULL AND request.action = 'move' AND request.updated_at = statement_timestamp();
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION consentfeed.save_holiday IS 'Adds a holiday, or calls it otherwise: added, changed, or too-many-holidays; and how many open requests were moved by it.';
