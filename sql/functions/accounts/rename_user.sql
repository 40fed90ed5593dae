CREATE OR REPLACE FUNCTION consentfeed.rename_user(id uuid, name text, expected text [] DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _account consentfeed.users;
BEGIN
    SELECT account.* INTO _account FROM consentfeed.users AS account
    WHERE account.id = rename_user.id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'not-found';
    ELSIF NOT consentfeed.state_fits(consentfeed.user_tag(_account), expected) THEN
        RETURN 'stale';
    ELSIF _account.customer_id IS NOT NULL THEN
        RETURN 'customer-account';
    ELSIF _account.issuer IS NOT NULL THEN
        RETURN 'outside-account';
    END IF;
    UPDATE consentfeed.users AS account SET name = rename_user.name WHERE account.id = _account.id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.rename_user IS 'Says whose account it is (NULL: nobody says). Returns why not: not-found, stale (it is not as expected, see state_fits), customer-account (it has the customer''s name), outside-account (it has the name that the identity provider gives); NULL: done.';
