CREATE OR REPLACE FUNCTION consentfeed.name_lexemes(name text)
RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_to_tsvector(consentfeed.words(replace(folded.name, '''', '')) || consentfeed.words(folded.name))
    FROM consentfeed.folded_name(coalesce(name_lexemes.name, '')) AS folded (name)
$$;
COMMENT ON FUNCTION consentfeed.name_lexemes IS 'What a name is found by: each of its words, folded; of O''Brien obrien, o and brien.';
