CREATE OR REPLACE FUNCTION consentfeed.move_for_calendar()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.time_zone !~ '^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$' THEN
        RAISE EXCEPTION '% is no time zone', NEW.time_zone
            USING ERRCODE = 'check_violation', HINT = 'Give its IANA name, such as Asia/Colombo.';
    END IF;
    PERFORM consentfeed.move_deadlines(
        'calendar', CASE WHEN NEW.weekend = OLD.weekend THEN 'time-zone-changed' ELSE 'weekend-changed' END, NULL
    );
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.move_for_calendar IS 'Trigger of calendar: refuses what is no time zone, and moves the open requests.';
