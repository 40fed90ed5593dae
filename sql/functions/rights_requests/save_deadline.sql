CREATE OR REPLACE FUNCTION consentfeed.save_deadline(
    kind text, amount bigint, unit text, extension_amount bigint, extension_unit text, expected text []
)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _version bigint;
BEGIN
    SELECT deadline.version INTO _version FROM consentfeed.deadlines AS deadline
    WHERE deadline.kind = save_deadline.kind FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'not-found';
    ELSIF NOT consentfeed.state_fits(_version::text, expected) THEN
        RETURN 'stale';
    END IF;
    UPDATE consentfeed.deadlines AS deadline
    SET amount = save_deadline.amount, unit = save_deadline.unit, extension_amount = save_deadline.extension_amount,
        extension_unit = save_deadline.extension_unit
    WHERE deadline.kind = save_deadline.kind;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.save_deadline IS 'In what time requests of a kind are to be answered from now on, if that is as expected (its version, see state_fits). NULL: saved; else not-found or stale.';
