-- Regulation (EEC, Euratom) 1182/71, article 3(4).
CREATE OR REPLACE FUNCTION consentfeed.moved_day(day date)
RETURNS TABLE (working_day date, days_off jsonb, in_words text)
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _holiday text;
BEGIN
    working_day := day;
    days_off := '[]';
    WHILE NOT consentfeed.is_working_day(working_day) LOOP
        SELECT holiday.name INTO _holiday FROM consentfeed.holidays AS holiday WHERE holiday.day = working_day;
        days_off := days_off || jsonb_build_array(jsonb_build_object(
            'day', working_day, 'why', CASE WHEN _holiday IS NULL THEN 'weekend' ELSE 'holiday' END, 'name', _holiday
        ));
        in_words := concat_ws(', ', in_words, consentfeed.day_in_words(working_day) || ' is ' || coalesce(
            'a holiday (' || _holiday || ')', CASE extract(isodow FROM working_day)::bigint
                WHEN 6 THEN 'a Saturday' WHEN 7 THEN 'a Sunday' ELSE 'no working day'
            END
        ));
        working_day := working_day + 1;
    END LOOP;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION consentfeed.moved_day IS 'The day itself if it is a working day, else the next one that is, and the days between: [{"day", "why": weekend or holiday, "name"}, …], and in English.';
