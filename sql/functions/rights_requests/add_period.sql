CREATE OR REPLACE FUNCTION consentfeed.add_period(day date, amount bigint, unit text)
RETURNS date
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _day date := day;
    _left bigint := amount;
BEGIN
    CASE unit
        WHEN 'months' THEN
            -- PostgreSQL's own: the corresponding day, or the month's last.
            RETURN (day + make_interval(months => amount::integer))::date;
        WHEN 'calendar-days' THEN
            RETURN day + amount::integer;
        WHEN 'working-days' THEN
            WHILE _left > 0 LOOP
                _day := _day + 1;
                _left := _left - consentfeed.is_working_day(_day)::integer;
            END LOOP;
            RETURN _day;
    END CASE;
END
$$;
COMMENT ON FUNCTION consentfeed.add_period IS 'The day that is so many calendar-days, working-days or months after another, which itself does not count.';
