CREATE OR REPLACE FUNCTION consentfeed.save_preferences(principal text, preferences json)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO consentfeed.preferences (principal, preferences)
    VALUES (save_preferences.principal, save_preferences.preferences)
    ON CONFLICT (principal) DO UPDATE SET preferences = excluded.preferences, updated_at = statement_timestamp()
$$;
COMMENT ON FUNCTION consentfeed.save_preferences IS 'Keeps what a principal has chosen, in place of what it chose before.';
