CREATE OR REPLACE FUNCTION consentfeed.name_key(folded text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.btrim(pg_catalog.regexp_replace(
    pg_catalog.replace(folded, '''', '') COLLATE pg_catalog."C", consentfeed.separators(), ' ', 'g'
));

COMMENT ON FUNCTION consentfeed.name_key IS 'What customers are sorted by, of a folded name: its words, without apostrophes.';
