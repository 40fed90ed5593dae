CREATE OR REPLACE FUNCTION consentfeed.register_by_reference(
    reference text, name text, email text, msisdn text, language text,
    actor_kind text DEFAULT 'database', actor_id text DEFAULT current_user, method text DEFAULT 'sql'
)
RETURNS TABLE (id uuid, created boolean)
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT customer.id INTO register_by_reference.id
    FROM consentfeed.customers AS customer
    WHERE customer.reference = register_by_reference.reference;
    -- Two at once make two ids, of which the unique index refuses one: whoever is refused asks again, and finds the other.
    register_by_reference.id := coalesce(register_by_reference.id, gen_random_uuid());
    created := consentfeed.register_customer(
        register_by_reference.id, register_by_reference.name, register_by_reference.email, register_by_reference.msisdn,
        register_by_reference.language, register_by_reference.actor_kind, register_by_reference.actor_id,
        register_by_reference.method, register_by_reference.reference
    );
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION consentfeed.register_by_reference IS 'Registers or updates the customer whom the operator''s systems call so, as register_customer() does; returns the id, and whether the customer is new.';
