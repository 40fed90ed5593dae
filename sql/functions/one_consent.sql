CREATE OR REPLACE FUNCTION consentfeed.one_consent(id uuid, only_customer uuid)
RETURNS TABLE (consent text, version bigint)
LANGUAGE sql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        consentfeed.consent_json(consent, consentfeed.current_status(consent.status, consent.expires_at)), consent.version
    FROM consentfeed.consents AS consent
    WHERE consent.id = one_consent.id
        AND (one_consent.only_customer IS NULL OR consent.customer_id = one_consent.only_customer)
$$;
COMMENT ON FUNCTION consentfeed.one_consent IS 'One consent; with only_customer given, only that customer''s.';
