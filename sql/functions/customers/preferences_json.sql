CREATE OR REPLACE FUNCTION consentfeed.preferences_json(customer consentfeed.customers)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.concat(
    '{"language":"', (customer).language, '","quiet_hours":',
    '{"from":"' || pg_catalog.to_char((customer).quiet_from, 'HH24:MI')
    || '","to":"' || pg_catalog.to_char((customer).quiet_to, 'HH24:MI')
    || '","zone":' || pg_catalog.to_json((customer).quiet_zone)::text || '}',
    CASE WHEN (customer).quiet_zone IS NULL THEN 'null' END,
    ',"paused_until":', CASE
        WHEN (customer).paused_until > pg_catalog.statement_timestamp()
            THEN '"' || consentfeed.rfc3339((customer).paused_until) || '"'
        ELSE 'null'
    END,
    ',"version":', (customer).preferences_version, '}'
);

COMMENT ON FUNCTION consentfeed.preferences_json IS 'When and in which language a customer wants to be contacted, as the API writes it (JSON text).';
