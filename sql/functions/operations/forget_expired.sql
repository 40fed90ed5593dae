CREATE OR REPLACE FUNCTION consentfeed.forget_expired()
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM consentfeed.idempotency_keys AS kept
    WHERE kept.created_at < statement_timestamp() - interval '24 hours';
    DELETE FROM consentfeed.sessions AS session
    WHERE session.expires_at < statement_timestamp() - interval '30 days';
    DELETE FROM consentfeed.password_links AS link WHERE link.expires_at < statement_timestamp();
    DELETE FROM consentfeed.node_minutes AS kept WHERE kept.minute < statement_timestamp() - interval '2 hours';
    DELETE FROM consentfeed.nodes AS node
    WHERE node.seen_at < statement_timestamp() - interval '1 minute';
$$;
COMMENT ON FUNCTION consentfeed.forget_expired IS 'Deletes idempotency keys after 24 hours, sessions 30 days after their end, links that can be used no more, nodes a minute after their last report, and their minutes after two hours.';
