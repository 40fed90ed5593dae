CREATE OR REPLACE FUNCTION consentfeed.is_working_day(day date)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT extract(isodow FROM day)::bigint <> ALL (calendar.weekend)
        AND NOT EXISTS (SELECT FROM consentfeed.holidays AS holiday WHERE holiday.day = is_working_day.day)
    FROM consentfeed.calendar AS calendar
$$;
COMMENT ON FUNCTION consentfeed.is_working_day IS 'Whether people work on a day: it is neither of a weekend nor a holiday.';
