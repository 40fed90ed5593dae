-- SECURITY DEFINER, because an SQL role with UPDATE on customers may call nothing of ours; a generated column would ask it to.
CREATE OR REPLACE FUNCTION consentfeed.fold_customer()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.name_words := consentfeed.name_lexemes(NEW.name);
    NEW.name_key := consentfeed.name_key(NEW.name);
    NEW.email_key := consentfeed.folded_address(NEW.email);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.fold_customer IS 'Trigger of customers: fills in what a row is found and sorted by, whatever was written there.';
