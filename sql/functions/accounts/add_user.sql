CREATE OR REPLACE FUNCTION consentfeed.add_user(
    email text, role text, password_hash text, customer_id uuid, name text DEFAULT NULL
)
RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _id uuid;
BEGIN
    INSERT INTO consentfeed.users (id, email, role, password_hash, customer_id, name)
    VALUES (
        coalesce(add_user.customer_id, gen_random_uuid()), add_user.email, add_user.role, add_user.password_hash,
        add_user.customer_id, add_user.name
    )
    RETURNING users.id INTO _id;
    RETURN _id;
EXCEPTION WHEN unique_violation THEN
    -- Without PostgreSQL's detail, which would write the address into the server's log.
    RAISE unique_violation USING MESSAGE = 'another account has this id or e-mail address';
END
$$;
COMMENT ON FUNCTION consentfeed.add_user IS 'Adds an account; one of a customer has the customer''s id. A second of our own with the same e-mail address is refused (23505).';
