CREATE OR REPLACE FUNCTION consentfeed.fold_user()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.email_key := consentfeed.folded_address(NEW.email);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION consentfeed.fold_user IS 'Trigger of users: fills in what an account is found and sorted by, whatever was written there.';
