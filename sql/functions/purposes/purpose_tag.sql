CREATE OR REPLACE FUNCTION consentfeed.purpose_tag(purpose consentfeed.purposes)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN consentfeed.state_tag(
    ARRAY[
        (purpose).title, (purpose).description, (purpose).channels::text,
        extract(epoch FROM (purpose).default_validity)::text, (purpose).position::text, (purpose).offered::text
    ]
);

COMMENT ON FUNCTION consentfeed.purpose_tag IS 'The entity tag of a purpose, without its notices.';
