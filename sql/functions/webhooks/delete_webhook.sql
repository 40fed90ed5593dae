CREATE OR REPLACE FUNCTION consentfeed.delete_webhook(name text)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM consentfeed.followers AS follower WHERE follower.name = 'webhook:' || delete_webhook.name;
    DELETE FROM consentfeed.webhooks AS kept WHERE kept.name = delete_webhook.name;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION consentfeed.delete_webhook IS 'Removes an endpoint and how far it had come; false where there is none.';
