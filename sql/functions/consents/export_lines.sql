-- In two columns: putting them together by the row would take a tenth of the time of all.
CREATE OR REPLACE FUNCTION consentfeed.export_lines(
    customers uuid [], purposes text [], channels text [], statuses text [], query text, msisdn_beginning text,
    msisdn_ending text, updated_after timestamptz, updated_before timestamptz
)
RETURNS TABLE (consent text, owner text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100000
BEGIN ATOMIC
    SELECT
        consentfeed.consent_json(
            found.consent, consentfeed.current_status((found.consent).status, (found.consent).expires_at)
        ),
        consentfeed.customer_json(found.owner)
    FROM consentfeed.export_consents(
        export_lines.customers, export_lines.purposes, export_lines.channels, export_lines.statuses, export_lines.query,
        export_lines.msisdn_beginning, export_lines.msisdn_ending, export_lines.updated_after, export_lines.updated_before
    ) AS found;
END;

COMMENT ON FUNCTION consentfeed.export_lines IS 'The consents of an export and whose they are, as the API writes them (JSON text), one a row.';
