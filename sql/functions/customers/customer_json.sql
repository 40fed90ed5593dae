CREATE OR REPLACE FUNCTION consentfeed.customer_json(customer consentfeed.customers)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.concat(
    '{"id":"', (customer).id,
    '","name":', coalesce(pg_catalog.to_json((customer).name)::text, 'null'),
    ',"email":', coalesce(pg_catalog.to_json((customer).email)::text, 'null'),
    ',"msisdn":', coalesce(pg_catalog.to_json((customer).msisdn)::text, 'null'),
    ',"reference":', coalesce(pg_catalog.to_json((customer).reference)::text, 'null'),
    ',"language":"', (customer).language, '"',
    ',"version":', (customer).version,
    ',"email_changed_at":', coalesce('"' || consentfeed.rfc3339((customer).email_changed_at) || '"', 'null'),
    ',"msisdn_changed_at":', coalesce('"' || consentfeed.rfc3339((customer).msisdn_changed_at) || '"', 'null'),
    ',"erased_at":', coalesce('"' || consentfeed.rfc3339((customer).erased_at) || '"', 'null'), '}'
);

COMMENT ON FUNCTION consentfeed.customer_json IS 'A customer as the API writes it (JSON text).';
