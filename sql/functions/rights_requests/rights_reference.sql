CREATE OR REPLACE FUNCTION consentfeed.rights_reference(received_at timestamptz)
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _year text := (
        SELECT to_char(received_at AT TIME ZONE calendar.time_zone, 'YYYY') FROM consentfeed.calendar AS calendar
    );
    _reference text;
BEGIN
    FOR _try IN 1 .. 1000 LOOP
        -- Longer numbers where the short ones of a year get scarce.
        _reference := format(
            'R-%s-%s', _year, lpad(floor(random() * 10 ^ (6 + _try / 10))::bigint::text, 6 + _try / 10, '0')
        );
        EXIT WHEN NOT EXISTS (
            SELECT FROM consentfeed.rights_requests AS request WHERE request.reference = _reference
        );
    END LOOP;
    RETURN _reference;
END
$$;
COMMENT ON FUNCTION consentfeed.rights_reference IS 'A reference that no request has: the year, and a random number.';
