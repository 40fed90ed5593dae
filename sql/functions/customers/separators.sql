-- Ranges instead of [:punct:], which asks the locale.
CREATE OR REPLACE FUNCTION consentfeed.separators()
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '[' || pg_catalog.chr(1) || '-/:-@' || pg_catalog.chr(91) || '-`{-' || pg_catalog.chr(191) -- of Latin 1
    || pg_catalog.chr(215) || pg_catalog.chr(247) || pg_catalog.chr(2404) || pg_catalog.chr(2405) || pg_catalog.chr(5760)
    || pg_catalog.chr(8192) || '-' || pg_catalog.chr(8303) || pg_catalog.chr(12288) || '-' || pg_catalog.chr(12351)
    || ']+';

COMMENT ON FUNCTION consentfeed.separators IS 'What stands between the words of a folded name, as a regular expression; an apostrophe is one of them.';
