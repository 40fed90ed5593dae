-- By the clock on the wall: where it is put forward or back in the night, the quiet hours end when it shows their end.
CREATE OR REPLACE FUNCTION consentfeed.contact_until(customer consentfeed.customers, at timestamptz)
RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _from time := (customer).quiet_from;
    _to time := (customer).quiet_to;
    _end timestamptz := greatest(at, (customer).paused_until);
    _local timestamp := _end AT TIME ZONE (customer).quiet_zone;
    _is_quiet boolean := CASE
        WHEN _from < _to THEN _local::time >= _from AND _local::time < _to
        ELSE _local::time >= _from OR _local::time < _to
    END;
BEGIN
    IF _is_quiet THEN
        -- After midnight they end on the same day, before it on the next.
        _end := greatest(
            _end, (_local::date + (_local::time >= _to)::integer + _to) AT TIME ZONE (customer).quiet_zone
        );
    END IF;
    RETURN nullif(_end, at);
END
$$;
COMMENT ON FUNCTION consentfeed.contact_until IS 'Until when a customer is not to be contacted at a time, by quiet hours and pause; NULL: may be contacted then.';
