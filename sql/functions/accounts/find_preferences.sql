CREATE OR REPLACE FUNCTION consentfeed.find_preferences(principal text)
RETURNS json
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (
        SELECT kept.preferences FROM consentfeed.preferences AS kept WHERE kept.principal = find_preferences.principal
    )
$$;
COMMENT ON FUNCTION consentfeed.find_preferences IS 'What a principal has chosen; NULL: nothing yet.';
