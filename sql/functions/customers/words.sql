-- Ranges instead of [:punct:], which asks the locale. Cut, because no lexeme may be longer than 2,046 bytes.
CREATE OR REPLACE FUNCTION consentfeed.words(folded text)
RETURNS text []
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(left(part.word, 100) ORDER BY part.nth), '{}')
    FROM regexp_split_to_table(
        folded COLLATE "C",
        '[' || chr(1) || '-/:-@' || chr(91) || '-`{-' || chr(191) || chr(215) || chr(247) -- of Latin 1
        || chr(2404) || chr(2405) || chr(5760) || chr(8192) || '-' || chr(8303) || chr(12288) || '-' || chr(12351)
        || ']+'
    ) WITH ORDINALITY AS part (word, nth)
    WHERE part.word <> ''
$$;
COMMENT ON FUNCTION consentfeed.words IS 'The words of a folded name, in their order; an apostrophe ends one.';
