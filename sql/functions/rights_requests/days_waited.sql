CREATE OR REPLACE FUNCTION consentfeed.days_waited(since timestamptz, until timestamptz, unit text)
RETURNS bigint
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*)::bigint
    FROM consentfeed.calendar AS calendar
    CROSS JOIN LATERAL generate_series(
        1, (until AT TIME ZONE calendar.time_zone)::date - (since AT TIME ZONE calendar.time_zone)::date
    ) AS day (number)
    WHERE unit <> 'working-days'
        OR consentfeed.is_working_day((since AT TIME ZONE calendar.time_zone)::date + day.number)
$$;
COMMENT ON FUNCTION consentfeed.days_waited IS 'For how many whole days the clock stood: those that began meanwhile; of working days these alone.';
