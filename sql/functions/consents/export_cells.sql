CREATE OR REPLACE FUNCTION consentfeed.export_cells(
    customers uuid [], purposes text [], channels text [], statuses text [], query text, msisdn_beginning text,
    msisdn_ending text, updated_after timestamptz, updated_before timestamptz
)
RETURNS TABLE (
    id uuid, customer_id uuid, reference text, name text, email text, msisdn text, customer_language text, purpose text,
    channel text, status text, version bigint, notice_version bigint, notice_language text, notice_sha256 text,
    granted_at text, revoked_at text, expires_at text, updated_at text, erased_at text
)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100000
BEGIN ATOMIC
    SELECT
        (found.consent).id, (found.owner).id, consentfeed.export_cell((found.owner).reference),
        consentfeed.export_cell((found.owner).name), consentfeed.export_cell((found.owner).email),
        '''' || (found.owner).msisdn, (found.owner).language, (found.consent).purpose,
        (found.consent).channel,
        consentfeed.current_status((found.consent).status, (found.consent).expires_at), (found.consent).version,
        (found.consent).notice_version, (found.consent).notice_language,
        pg_catalog.encode((found.consent).notice_sha256, 'hex'), consentfeed.rfc3339((found.consent).granted_at),
        consentfeed.rfc3339((found.consent).revoked_at), consentfeed.rfc3339((found.consent).expires_at),
        consentfeed.rfc3339((found.consent).updated_at), consentfeed.rfc3339((found.owner).erased_at)
    FROM consentfeed.export_consents(
        export_cells.customers, export_cells.purposes, export_cells.channels, export_cells.statuses, export_cells.query,
        export_cells.msisdn_beginning, export_cells.msisdn_ending, export_cells.updated_after, export_cells.updated_before
    ) AS found;
END;

COMMENT ON FUNCTION consentfeed.export_cells IS 'The consents of an export as the columns of a table, for CSV.';
