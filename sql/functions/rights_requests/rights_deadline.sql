CREATE OR REPLACE FUNCTION consentfeed.rights_deadline(
    received_at timestamptz, amount bigint, unit text, extension_amount bigint, extension_unit text, waited_days bigint
)
RETURNS TABLE (due_at timestamptz, because jsonb)
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _zone text := (SELECT calendar.time_zone FROM consentfeed.calendar AS calendar);
    _received date := (received_at AT TIME ZONE _zone)::date;
    _before date;
    _day date := consentfeed.add_period(_received, amount, unit);
    _waited_unit text := CASE unit WHEN 'working-days' THEN unit ELSE 'calendar-days' END;
    _moved record;
    _steps jsonb := jsonb_build_array(jsonb_build_object(
        'step', 'counted', 'amount', amount, 'unit', unit, 'from', _received, 'to', _day
    ));
    _words text := format(
        'Received on %s; %s later is %s', consentfeed.day_in_words(_received), consentfeed.period_in_words(amount, unit),
        consentfeed.day_in_words(_day)
    );
BEGIN
    IF extension_amount IS NOT NULL THEN
        _before := _day;
        -- Of one unit they are one period, counted from the receipt: from 31 January three months, not one and then two.
        _day := CASE
            WHEN extension_unit = unit THEN consentfeed.add_period(_received, amount + extension_amount, unit)
            ELSE consentfeed.add_period(_before, extension_amount, extension_unit)
        END;
        _steps := _steps || jsonb_build_array(jsonb_build_object(
            'step', 'extended', 'amount', extension_amount, 'unit', extension_unit, 'from', _before, 'to', _day
        ));
        _words := format(
            '%s; extended by %s to %s', _words, consentfeed.period_in_words(extension_amount, extension_unit),
            consentfeed.day_in_words(_day)
        );
    END IF;
    IF waited_days > 0 THEN
        _before := _day;
        _day := consentfeed.add_period(_day, waited_days, _waited_unit);
        _steps := _steps || jsonb_build_array(jsonb_build_object(
            'step', 'waited', 'amount', waited_days, 'unit', _waited_unit, 'from', _before, 'to', _day
        ));
        _words := format(
            '%s; the clock stood for %s while the customer was asked: %s', _words,
            consentfeed.period_in_words(waited_days, _waited_unit), consentfeed.day_in_words(_day)
        );
    END IF;
    SELECT moved.* INTO _moved FROM consentfeed.moved_day(_day) AS moved;
    IF _moved.working_day <> _day THEN
        _steps := _steps || jsonb_build_array(jsonb_build_object(
            'step', 'moved', 'from', _day, 'to', _moved.working_day, 'days', _moved.days_off
        ));
        _words := format(
            '%s; %s: the next working day is %s', _words, _moved.in_words, consentfeed.day_in_words(_moved.working_day)
        );
        _day := _moved.working_day;
    END IF;
    due_at := (_day + 1)::timestamp AT TIME ZONE _zone;
    because := jsonb_build_object(
        'rule', jsonb_build_object('amount', amount, 'unit', unit), 'zone', _zone, 'steps', _steps, 'last_day', _day,
        'sentence', format('%s. The last day ends at midnight (%s).', _words, _zone)
    );
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION consentfeed.rights_deadline IS 'Until when a request is to be answered (the end of the last day), and why then: {"rule", "zone", "steps": [{"step": counted, extended, waited or moved, …}, …], "last_day", "sentence"}. extension: NULL where it was not extended; waited_days: working days where the rule counts these.';
