CREATE OR REPLACE FUNCTION consentfeed.register_customer(
    id uuid, name text, email text, msisdn text, language text,
    actor_kind text DEFAULT 'database', actor_id text DEFAULT current_user, method text DEFAULT 'sql',
    reference text DEFAULT NULL, without_reference boolean DEFAULT false
)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    _created boolean;
BEGIN
    IF EXISTS (
        SELECT FROM consentfeed.customers AS customer
        WHERE customer.id = register_customer.id AND customer.erased_at IS NOT NULL
    ) THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('consentfeed.recording', 'on', true); -- what stamp_customer() looks for
    BEGIN
        INSERT INTO consentfeed.customers AS customer (id, name, email, msisdn, language, reference, actor_kind, actor_id, method)
        VALUES (
            register_customer.id, register_customer.name, register_customer.email, register_customer.msisdn,
            coalesce(register_customer.language, 'en'), register_customer.reference,
            register_customer.actor_kind, register_customer.actor_id, register_customer.method
        )
        ON CONFLICT ON CONSTRAINT customers_pkey DO UPDATE SET
            name = excluded.name, email = excluded.email, msisdn = excluded.msisdn,
            language = coalesce(register_customer.language, customer.language),
            -- A system that knows nothing of it does not take it away.
            reference = CASE WHEN NOT without_reference THEN coalesce(register_customer.reference, customer.reference) END,
            actor_kind = excluded.actor_kind, actor_id = excluded.actor_id, method = excluded.method,
            reason_code = NULL, reason_reference = NULL, note_sha256 = NULL
        RETURNING customer.xmax = 0 INTO _created;
    EXCEPTION WHEN unique_violation THEN
        -- Without PostgreSQL's detail, which would write the reference into the server's log.
        RAISE unique_violation USING MESSAGE = 'another customer has this reference';
    END;
    PERFORM set_config('consentfeed.recording', 'off', true);
    INSERT INTO consentfeed.consents (customer_id, purpose, channel)
    SELECT register_customer.id, purpose.key, offer.channel
    FROM consentfeed.purposes AS purpose, unnest(purpose.channels) AS offer (channel)
    -- Without a text nobody can be asked: these consents come with the first one (see give_consents).
    WHERE purpose.offered AND EXISTS (SELECT FROM consentfeed.notice_in_force(purpose.key, NULL))
    ON CONFLICT (customer_id, purpose, channel) DO NOTHING;
    RETURN _created;
END
$$;
COMMENT ON FUNCTION consentfeed.register_customer IS 'Registers or updates a customer, with a reference or without any (NULL and false: as it is), with a pending consent for every offered purpose with a notice in force, and channel, that has none; returns whether the customer is new, NULL where the customer was erased.';
