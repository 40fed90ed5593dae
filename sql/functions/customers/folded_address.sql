-- Kept in a column of customers: a change of what it answers needs a migration that computes it anew.
CREATE OR REPLACE FUNCTION consentfeed.folded_address(address text)
RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.normalize(consentfeed.small_letters(pg_catalog.normalize(address, 'NFD')), 'NFC');

COMMENT ON FUNCTION consentfeed.folded_address IS 'An e-mail address as addresses are compared: without case and however its accents are written, the same in every database.';
