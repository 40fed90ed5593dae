CREATE OR REPLACE FUNCTION consentfeed.period_in_words(amount bigint, unit text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.concat(
    amount, ' ', CASE unit WHEN 'months' THEN 'month' WHEN 'working-days' THEN 'working day' ELSE 'day' END,
    CASE WHEN amount <> 1 THEN 's' END
);

COMMENT ON FUNCTION consentfeed.period_in_words IS 'So many days or months, as a sentence in English writes it.';
