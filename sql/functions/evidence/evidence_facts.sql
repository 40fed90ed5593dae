CREATE OR REPLACE FUNCTION consentfeed.evidence_facts(consent uuid, only_customer uuid)
RETURNS TABLE (customer text, purpose text, notices text)
LANGUAGE plpgsql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off -- the plan is kept, and the log may have had one row when it was made
AS $$
BEGIN
    IF only_customer IS NOT NULL THEN
        -- From here on nobody else's rows are there (policies.sql).
        PERFORM set_config('consentfeed.only_customer', only_customer::text, true);
    END IF;
    RETURN QUERY
        SELECT
            json_build_object(
                'id', owner.id, 'name', owner.name, 'email', owner.email, 'msisdn', owner.msisdn,
                'reference', owner.reference
            )::text,
            (
                SELECT json_build_object(
                    'key', known.key, 'title', known.title, 'description', known.description,
                    'legal_basis', known.legal_basis, 'dpv_term', known.dpv_term
                )
                FROM consentfeed.purposes AS known WHERE known.key = kept.purpose
            )::text,
            (
                SELECT coalesce(json_agg(json_build_object(
                    'key', notice.purpose, 'version', notice.version, 'language', notice.language,
                    'title', notice.title, 'description', notice.description, 'text', notice.text,
                    'sha256', encode(notice.sha256, 'hex'), 'published_at', consentfeed.rfc3339(notice.published_at)
                ) ORDER BY notice.version, notice.language), '[]')
                FROM consentfeed.notices AS notice
                WHERE notice.purpose = kept.purpose AND (notice.version, notice.language) IN (
                    SELECT
                        (event.body::json #>> '{consent,notice,version}')::bigint,
                        event.body::json #>> '{consent,notice,language}'
                    FROM consentfeed.events AS event WHERE event.consent_id = kept.id
                    UNION ALL
                    SELECT kept.notice_version, kept.notice_language
                )
            )::text
        FROM consentfeed.consents AS kept
        JOIN consentfeed.customers AS owner ON owner.id = kept.customer_id
        WHERE kept.id = evidence_facts.consent
            AND (evidence_facts.only_customer IS NULL OR kept.customer_id = evidence_facts.only_customer);
    PERFORM set_config('consentfeed.only_customer', '', true);
END
$$;
COMMENT ON FUNCTION consentfeed.evidence_facts IS 'What belongs to the events of a consent and is not in the log, as JSON texts: whose it is, the purpose, and the texts of all notices that its events name.';
