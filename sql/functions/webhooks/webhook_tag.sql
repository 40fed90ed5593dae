CREATE OR REPLACE FUNCTION consentfeed.webhook_tag(webhook consentfeed.webhooks)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN consentfeed.state_tag(
    ARRAY[
        (webhook).url, (webhook).kinds::text, (webhook).purposes::text, (webhook).channels::text,
        (webhook).types::text, (webhook).batch::text, (webhook).personal_data::text
    ]
);

COMMENT ON FUNCTION consentfeed.webhook_tag IS 'The entity tag of what somebody has chosen of an endpoint; how it fares is not in it.';
