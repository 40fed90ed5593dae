-- Most texts need nothing, and finding that out is the cheapest part. Not STRICT: the planner would not inline it.
CREATE OR REPLACE FUNCTION consentfeed.export_cell(value text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN value ~ '^[-=+@＝＋－＠]|[[:cntrl:]]' THEN CASE
        WHEN value ~ '^[-=+@＝＋－＠[:cntrl:]]' THEN ''''
        ELSE ''
    END || pg_catalog.translate(value, pg_catalog.concat(pg_catalog.chr(9), pg_catalog.chr(10), pg_catalog.chr(13)), '   ')
    ELSE value
END;

COMMENT ON FUNCTION consentfeed.export_cell IS 'Text for a cell of CSV that no spreadsheet takes for a formula: an apostrophe stands before what would begin one, and line breaks and tabs are blanks.';
