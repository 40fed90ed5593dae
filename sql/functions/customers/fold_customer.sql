-- SECURITY DEFINER, because an SQL role with UPDATE on customers may call nothing of ours; a generated column would ask it to.
CREATE OR REPLACE FUNCTION consentfeed.fold_customer()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _folded text := coalesce(consentfeed.folded_name(NEW.name), '');
BEGIN
    NEW.name_key := consentfeed.name_key(_folded);
    -- Of O'Brien obrien, o and brien.
    NEW.name_words := array_to_tsvector(consentfeed.words(NEW.name_key) || consentfeed.words(_folded));
    NEW.email_key := consentfeed.folded_address(NEW.email);
    -- Refused where it is written: else it would fail whoever asks whether the customer may be contacted.
    PERFORM statement_timestamp() AT TIME ZONE NEW.quiet_zone;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.fold_customer IS 'Trigger of customers: fills in what a row is found and sorted by, whatever was written there; refuses a time zone that there is not.';
