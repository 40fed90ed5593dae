CREATE OR REPLACE FUNCTION consentfeed.import_report(import uuid)
RETURNS TABLE (row_number bigint, code text, member text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1000
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT line.row_number, line.code, line.member
    FROM consentfeed.import_lines AS line
    WHERE line.import_id = import_report.import
    ORDER BY line.nth
$$;
COMMENT ON FUNCTION consentfeed.import_report IS 'The first thousand rows of an import that were superseded, erased or refused.';
