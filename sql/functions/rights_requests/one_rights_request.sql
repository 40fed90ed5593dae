CREATE OR REPLACE FUNCTION consentfeed.one_rights_request(id uuid, only_customer uuid)
RETURNS TABLE (request text, texts text, version bigint, customer_id uuid, assigned_to uuid, kind text, status text)
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
            left(consentfeed.rights_request_json(kept), -1) || ',"customer":' || consentfeed.customer_json(who) || '}',
            consentfeed.rights_texts_json(kept.id), kept.version, kept.customer_id, kept.assigned_to, kept.kind, kept.status
        FROM consentfeed.rights_requests AS kept JOIN consentfeed.customers AS who ON who.id = kept.customer_id
        WHERE kept.id = one_rights_request.id
            AND (one_rights_request.only_customer IS NULL OR kept.customer_id = one_rights_request.only_customer);
    PERFORM set_config('consentfeed.only_customer', '', true);
END
$$;
COMMENT ON FUNCTION consentfeed.one_rights_request IS 'One request, with whose it is, and what was written in it; with only_customer given, only that customer''s.';
