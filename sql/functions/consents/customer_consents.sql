CREATE OR REPLACE FUNCTION consentfeed.customer_consents(customer uuid)
RETURNS TABLE (seq bigint, hash bytea, consents text)
LANGUAGE plpgsql STABLE STRICT ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT place.seq, place.hash INTO STRICT seq, hash
    FROM consentfeed.customer_place(customer_consents.customer) AS place;
    -- From here on nobody else's rows are there (policies.sql).
    PERFORM set_config('consentfeed.only_customer', customer::text, true);
    SELECT string_agg(
        consentfeed.consent_json(consent, consentfeed.current_status(consent.status, consent.expires_at)), ','
        ORDER BY purpose.position, purpose.key, consent.channel
    )
    INTO consents
    FROM consentfeed.consents AS consent JOIN consentfeed.purposes AS purpose ON purpose.key = consent.purpose
    WHERE consent.customer_id = customer_consents.customer;
    PERFORM set_config('consentfeed.only_customer', '', true);
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION consentfeed.customer_consents IS 'All consents of a customer, and the customer''s newest place in the log, from one snapshot.';
