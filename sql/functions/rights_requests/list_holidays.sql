CREATE OR REPLACE FUNCTION consentfeed.list_holidays()
RETURNS TABLE (day date, name text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT holiday.day, holiday.name FROM consentfeed.holidays AS holiday ORDER BY holiday.day
$$;
COMMENT ON FUNCTION consentfeed.list_holidays IS 'All holidays.';
