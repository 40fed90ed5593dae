CREATE OR REPLACE FUNCTION consentfeed.name_key(name text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT left(array_to_string(consentfeed.words(replace(consentfeed.folded_name(coalesce(name, '')), '''', '')), ' '), 200)
$$;
COMMENT ON FUNCTION consentfeed.name_key IS 'What customers are sorted by: the words of the name, folded; empty where there is none.';
