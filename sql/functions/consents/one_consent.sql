CREATE OR REPLACE FUNCTION consentfeed.one_consent(id uuid, only_customer uuid)
RETURNS TABLE (consent text, version bigint, customer_id uuid)
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF only_customer IS NOT NULL THEN
        -- From here on nobody else's rows are there (policies.sql).
        PERFORM set_config('consentfeed.only_customer', only_customer::text, true);
    END IF;
    RETURN QUERY
        SELECT
            consentfeed.consent_json(kept, consentfeed.current_status(kept.status, kept.expires_at)), kept.version,
            kept.customer_id
        FROM consentfeed.consents AS kept
        WHERE kept.id = one_consent.id
            AND (one_consent.only_customer IS NULL OR kept.customer_id = one_consent.only_customer);
    PERFORM set_config('consentfeed.only_customer', '', true);
END
$$;
COMMENT ON FUNCTION consentfeed.one_consent IS 'One consent; with only_customer given, only that customer''s.';
