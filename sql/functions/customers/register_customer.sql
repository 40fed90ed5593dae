CREATE OR REPLACE FUNCTION consentfeed.register_customer(
    id uuid, name text, email text, msisdn text, language text,
    actor_kind text DEFAULT 'database', actor_id text DEFAULT current_user, method text DEFAULT 'sql'
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _created boolean;
BEGIN
    PERFORM set_config('consentfeed.recording', 'on', true); -- what stamp_customer() looks for
    INSERT INTO consentfeed.customers AS customer (id, name, email, msisdn, language, actor_kind, actor_id, method)
    VALUES (
        register_customer.id, register_customer.name, register_customer.email, register_customer.msisdn,
        coalesce(register_customer.language, 'en'),
        register_customer.actor_kind, register_customer.actor_id, register_customer.method
    )
    ON CONFLICT ON CONSTRAINT customers_pkey DO UPDATE SET
        name = excluded.name, email = excluded.email, msisdn = excluded.msisdn,
        language = coalesce(register_customer.language, customer.language),
        actor_kind = excluded.actor_kind, actor_id = excluded.actor_id, method = excluded.method
    RETURNING customer.xmax = 0 INTO _created;
    PERFORM set_config('consentfeed.recording', 'off', true);
    INSERT INTO consentfeed.consents (customer_id, purpose, channel)
    SELECT register_customer.id, purpose.key, offer.channel
    FROM consentfeed.purposes AS purpose, unnest(purpose.channels) AS offer (channel)
    WHERE purpose.offered
    ON CONFLICT (customer_id, purpose, channel) DO NOTHING;
    RETURN _created;
END
$$;
COMMENT ON FUNCTION consentfeed.register_customer IS 'Registers or updates a customer, with a pending consent for every offered purpose and channel that has none; returns whether the customer is new.';
