CREATE OR REPLACE FUNCTION consentfeed.contact_consents(msisdn text, email text, channel text, purpose text)
RETURNS TABLE (id uuid, customer_id uuid)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH holder AS (
        SELECT customer.id FROM consentfeed.customers AS customer WHERE customer.msisdn = contact_consents.msisdn
        UNION
        SELECT customer.id FROM consentfeed.customers AS customer
        WHERE customer.email_key = consentfeed.folded_address(contact_consents.email)
    )
    SELECT consent.id, consent.customer_id
    FROM holder JOIN consentfeed.consents AS consent ON consent.customer_id = holder.id
    WHERE consent.channel = contact_consents.channel
        AND (contact_consents.purpose IS NULL OR consent.purpose = contact_consents.purpose)
$$;
COMMENT ON FUNCTION consentfeed.contact_consents IS 'The consents on a channel of all customers who have this number or this e-mail address, for one purpose or (NULL) for all.';
