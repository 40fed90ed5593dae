CREATE OR REPLACE FUNCTION consentfeed.day_in_words(day date)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.to_char(day, 'FMDD FMMonth YYYY');

COMMENT ON FUNCTION consentfeed.day_in_words IS 'A day as a sentence in English writes it.';
