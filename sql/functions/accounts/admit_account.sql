CREATE OR REPLACE FUNCTION consentfeed.admit_account(
    id uuid, issuer text, subject text, email text, role text, customer_id uuid, name text DEFAULT NULL
)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _before consentfeed.users;
    _account consentfeed.users;
BEGIN
    SELECT account.* INTO _before FROM consentfeed.users AS account
    WHERE (account.issuer, account.subject) = (admit_account.issuer, admit_account.subject) FOR UPDATE;
    IF _before.disabled_at IS NOT NULL THEN
        RETURN 'account-disabled';
    ELSIF customer_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM consentfeed.customers AS customer WHERE customer.id = admit_account.customer_id)
    THEN
        RETURN 'sso-no-customer';
    END IF;
    -- Who was somebody else until now (staff, or another customer) leaves that behind.
    IF _before.id <> admit_account.id THEN
        DELETE FROM consentfeed.sessions AS session WHERE session.user_id = _before.id;
        DELETE FROM consentfeed.users AS account WHERE account.id = _before.id;
    END IF;
    INSERT INTO consentfeed.users AS account (id, issuer, subject, email, role, customer_id, name)
    VALUES (
        admit_account.id, admit_account.issuer, admit_account.subject, admit_account.email, admit_account.role,
        admit_account.customer_id, admit_account.name
    )
    ON CONFLICT ON CONSTRAINT users_pkey DO UPDATE SET
        email = excluded.email, role = excluded.role, name = excluded.name
    WHERE (account.issuer, account.subject) = (excluded.issuer, excluded.subject);
    UPDATE consentfeed.sessions AS session SET ended_at = statement_timestamp()
    WHERE (session.issuer, session.subject) = (admit_account.issuer, admit_account.subject) AND session.ended_at IS NULL
        AND (session.user_id <> admit_account.id OR _before.role <> admit_account.role);
    -- It may be a customer's who also has a password, or signs in as several; a member of staff is nobody else.
    SELECT account.* INTO _account FROM consentfeed.users AS account WHERE account.id = admit_account.id;
    IF _account.disabled_at IS NOT NULL THEN
        RETURN 'account-disabled';
    ELSIF _account.customer_id IS NULL
        AND (_account.issuer, _account.subject) IS DISTINCT FROM (admit_account.issuer, admit_account.subject)
    THEN
        RETURN 'sso-refused';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION consentfeed.admit_account IS 'The account of somebody whom an identity provider has signed in, as it says they are; another role, and another account, end the sessions before. A customer''s is shared with the one that has a password. Returns why not: account-disabled, sso-no-customer, sso-refused; NULL: done.';
