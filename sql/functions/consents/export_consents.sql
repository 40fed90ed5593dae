-- The same consents as of consents_filter(). The body is bound when created, so that the planner inlines it with the values:
-- an export is read row by row, and never laid down anywhere as a whole.
CREATE OR REPLACE FUNCTION consentfeed.export_consents(
    customers uuid [], purposes text [], channels text [], statuses text [], query text, msisdn_beginning text,
    msisdn_ending text, updated_after timestamptz, updated_before timestamptz
)
RETURNS TABLE (consent consentfeed.consents, owner consentfeed.customers)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100000
BEGIN ATOMIC
    SELECT c, u
    FROM consentfeed.consents AS c JOIN consentfeed.customers AS u ON u.id = c.customer_id
    WHERE (export_consents.customers IS NULL OR c.customer_id = ANY (export_consents.customers))
        AND (export_consents.purposes IS NULL OR c.purpose = ANY (export_consents.purposes))
        AND (export_consents.channels IS NULL OR c.channel = ANY (export_consents.channels))
        AND (
            export_consents.statuses IS NULL
            OR consentfeed.current_status(c.status, c.expires_at) = ANY (export_consents.statuses)
        )
        AND (export_consents.statuses IS NULL OR 'pending' = ANY (export_consents.statuses) OR c.status <> 'pending')
        AND (
            export_consents.query IS NULL
            OR c.customer_id = ANY (ARRAY(
                SELECT consentfeed.find_customers(
                    export_consents.query, export_consents.msisdn_beginning, export_consents.msisdn_ending
                )
            ))
            OR c.id = CASE
                WHEN export_consents.query ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN export_consents.query::uuid
            END
        )
        AND (export_consents.updated_after IS NULL OR c.updated_at > export_consents.updated_after)
        AND (export_consents.updated_before IS NULL OR c.updated_at < export_consents.updated_before);
END;

COMMENT ON FUNCTION consentfeed.export_consents IS 'The consents of an export, and whose they are, in no order; filters as of list_consents().';
