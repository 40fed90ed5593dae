-- Put together as text for the sake of speed, as in consent_json().
CREATE OR REPLACE FUNCTION consentfeed.event_content(consent consentfeed.consents)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN pg_catalog.concat(
    '"type":"', (consent).status,
    '","consent_id":"', (consent).id, '","customer_id":"', (consent).customer_id,
    '","consent":', consentfeed.consent_json(consent, (consent).status),
    ',"timestamp":"', consentfeed.rfc3339(CASE (consent).method
        WHEN 'import' THEN coalesce((consent).revoked_at, (consent).granted_at)
        ELSE (consent).updated_at
    END),
    '","user":{"id":"', (consent).customer_id,
    '"},"actor":{"kind":"', (consent).actor_kind,
    '","id":', coalesce(pg_catalog.to_json((consent).actor_id)::text, 'null'),
    '},"method":"', (consent).method,
    '","reason":', CASE
        WHEN pg_catalog.num_nonnulls((consent).reason_code, (consent).reason_reference, (consent).note_sha256) = 0 THEN 'null'
        ELSE pg_catalog.concat(
            '{"code":', coalesce(pg_catalog.to_json((consent).reason_code)::text, 'null'),
            ',"text":null,"reference":', coalesce(pg_catalog.to_json((consent).reason_reference)::text, 'null'), '}'
        )
    END,
    ',"note_sha256":', coalesce('"' || pg_catalog.encode((consent).note_sha256, 'hex') || '"', 'null'), '}'
);

COMMENT ON FUNCTION consentfeed.event_content IS 'What the event of a consent''s last change says: its body but for the beginning, seq and recorded_at, which come with the place in the log.';
