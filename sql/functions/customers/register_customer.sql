CREATE OR REPLACE FUNCTION consentfeed.register_customer(id uuid, name text, email text, msisdn text, language text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _created boolean;
BEGIN
    INSERT INTO consentfeed.customers AS customer (id, name, email, msisdn, language)
    VALUES (
        register_customer.id, register_customer.name, register_customer.email, register_customer.msisdn,
        coalesce(register_customer.language, 'en')
    )
    ON CONFLICT ON CONSTRAINT customers_pkey DO UPDATE SET
        name = excluded.name, email = excluded.email, msisdn = excluded.msisdn,
        language = coalesce(register_customer.language, customer.language), updated_at = statement_timestamp()
    RETURNING customer.xmax = 0 INTO _created;
    INSERT INTO consentfeed.consents (customer_id, purpose, channel)
    SELECT register_customer.id, purpose.key, offer.channel
    FROM consentfeed.purposes AS purpose, unnest(purpose.channels) AS offer (channel)
    WHERE purpose.offered
    ON CONFLICT (customer_id, purpose, channel) DO NOTHING;
    RETURN _created;
END
$$;
COMMENT ON FUNCTION consentfeed.register_customer IS 'Registers or updates a customer, with a pending consent for every offered purpose and channel that has none; returns whether the customer is new.';
