CREATE OR REPLACE FUNCTION consentfeed.words(folded text)
RETURNS text []
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.array_remove(
    pg_catalog.regexp_split_to_array(folded COLLATE pg_catalog."C", consentfeed.separators()), ''
);

COMMENT ON FUNCTION consentfeed.words IS 'The words of a folded name, in their order; an apostrophe ends one.';
