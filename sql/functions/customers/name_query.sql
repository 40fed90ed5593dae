CREATE OR REPLACE FUNCTION consentfeed.name_query(query text)
RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT string_agg('(' || reading.words || ')', ' | ')::tsquery
    FROM (
        -- No word holds a quote or a backslash. Without an apostrophe both readings are the same.
        SELECT DISTINCT (
            SELECT string_agg('''' || word || ''':*', ' & ') FROM unnest(consentfeed.words(spelling.text)) AS word
        )
        FROM consentfeed.folded_name(query) AS folded (text)
        CROSS JOIN LATERAL (VALUES (folded.text), (replace(folded.text, '''', ''))) AS spelling (text)
    ) AS reading (words)
$$;
COMMENT ON FUNCTION consentfeed.name_query IS 'Finds names with words that begin with those of the query, with an apostrophe or without; NULL where it has no word.';
