-- As the owner: who may write holidays need not be allowed to write requests.
CREATE OR REPLACE FUNCTION consentfeed.move_for_holidays()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _days date[];
BEGIN
    CASE TG_OP
        WHEN 'INSERT' THEN
            SELECT array_agg(written.day) INTO _days FROM written;
            PERFORM consentfeed.move_deadlines('holiday', 'holiday-added', _days);
        WHEN 'DELETE' THEN
            SELECT array_agg(former.day) INTO _days FROM former;
            PERFORM consentfeed.move_deadlines('holiday', 'holiday-removed', _days);
        ELSE
            SELECT array_agg(changed.day) INTO _days
            FROM (
                (SELECT former.day FROM former EXCEPT SELECT written.day FROM written)
                UNION
                (SELECT written.day FROM written EXCEPT SELECT former.day FROM former)
            ) AS changed;
            IF _days IS NOT NULL THEN
                PERFORM consentfeed.move_deadlines('holiday', 'holidays-changed', _days);
            END IF;
    END CASE;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.move_for_holidays IS 'Trigger of holidays, once a statement: moves the open requests that it concerns.';
