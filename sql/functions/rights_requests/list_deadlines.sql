CREATE OR REPLACE FUNCTION consentfeed.list_deadlines()
RETURNS TABLE (kind text, amount bigint, unit text, extension_amount bigint, extension_unit text, version bigint, updated_at timestamptz, time_zone text, weekend bigint [])
LANGUAGE sql STABLE SECURITY DEFINER ROWS 7
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        deadline.kind, deadline.amount, deadline.unit, deadline.extension_amount, deadline.extension_unit,
        deadline.version, deadline.updated_at, calendar.time_zone, calendar.weekend
    FROM consentfeed.deadlines AS deadline CROSS JOIN consentfeed.calendar AS calendar
    ORDER BY deadline.kind
$$;
COMMENT ON FUNCTION consentfeed.list_deadlines IS 'In what time requests of each kind are to be answered, and by what days that is counted.';
