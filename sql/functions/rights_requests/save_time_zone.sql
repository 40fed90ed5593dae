CREATE OR REPLACE FUNCTION consentfeed.save_time_zone(time_zone text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE consentfeed.calendar AS calendar SET time_zone = save_time_zone.time_zone
    WHERE calendar.time_zone <> save_time_zone.time_zone;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION consentfeed.save_time_zone IS 'In which time zone days begin and end from now on; open requests are moved. False: it was so already.';
