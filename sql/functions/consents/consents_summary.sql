CREATE OR REPLACE FUNCTION consentfeed.consents_summary(customer uuid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT concat(
        '{"granted":',
        count(*) FILTER (WHERE consentfeed.current_status(consent.status, consent.expires_at) = 'granted'),
        ',"total":', count(*),
        ',"decided_at":',
        coalesce('"' || consentfeed.rfc3339(max(consent.updated_at) FILTER (WHERE consent.version > 0)) || '"', 'null'),
        '}'
    )
    FROM consentfeed.consents AS consent
    WHERE consent.customer_id = consents_summary.customer
$$;
COMMENT ON FUNCTION consentfeed.consents_summary IS 'How many consents a customer has, how many of them stand granted, and when the last decision was (JSON text).';
