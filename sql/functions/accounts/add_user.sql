CREATE OR REPLACE FUNCTION consentfeed.add_user(email text, role text, password_hash text, customer_id uuid)
RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO consentfeed.users (id, email, role, password_hash, customer_id)
    VALUES (
        coalesce(add_user.customer_id, gen_random_uuid()), add_user.email, add_user.role, add_user.password_hash,
        add_user.customer_id
    )
    RETURNING id
$$;
COMMENT ON FUNCTION consentfeed.add_user IS 'Adds an account; one of a customer has the customer''s id. A second of our own with the same e-mail address is refused (23505).';
