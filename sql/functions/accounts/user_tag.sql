CREATE OR REPLACE FUNCTION consentfeed.user_tag(account consentfeed.users)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN consentfeed.state_tag(ARRAY[(account).email, (account).role, consentfeed.rfc3339((account).disabled_at), (account).name]);

COMMENT ON FUNCTION consentfeed.user_tag IS 'The entity tag of an account: of what can be changed, so that a sign-in does not change it.';
