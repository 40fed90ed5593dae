-- Of the text its hash alone: the text is read where it stands, in the language that is wanted.
CREATE OR REPLACE FUNCTION consentfeed.notice_event(notice consentfeed.notices)
RETURNS consentfeed.new_event
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ROW('notice-published', NULL, NULL, pg_catalog.concat(
    '"type":"notice-published","consent_id":null,"customer_id":null,"notice":{"key":', pg_catalog.to_json((notice).purpose),
    ',"version":', (notice).version, ',"language":"', (notice).language,
    '","sha256":"', pg_catalog.encode((notice).sha256, 'hex'),
    '","published_at":"', consentfeed.rfc3339((notice).published_at),
    '"},"timestamp":"', consentfeed.rfc3339(pg_catalog.statement_timestamp()),
    '","user":null,"actor":{"kind":"', (notice).actor_kind, '","id":', pg_catalog.to_json((notice).actor_id),
    '},"method":', pg_catalog.to_json((notice).method), ',"reason":null,"note_sha256":null}'
))::consentfeed.new_event;

COMMENT ON FUNCTION consentfeed.notice_event IS 'The event of a notice that has just been published in one language, before it has its place in the log.';
