-- Tags are ASCII, and the letters of ASCII are told apart without a locale. The body is bound when created, so that the
-- planner inlines it.
CREATE OR REPLACE FUNCTION consentfeed.language_fits(wanted text, tag text)
RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.starts_with(
    pg_catalog.lower((pg_catalog.translate(wanted, '_', '-') || '-') COLLATE pg_catalog."C"),
    pg_catalog.lower((tag || '-') COLLATE pg_catalog."C")
);

COMMENT ON FUNCTION consentfeed.language_fits IS 'Whether looking a language up (RFC 4647, 3.4) may end at this tag: si-LK may end at si, and si not at si-LK.';
