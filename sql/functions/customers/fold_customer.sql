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
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.fold_customer IS 'Trigger of customers: fills in what a row is found and sorted by, whatever was written there.';
