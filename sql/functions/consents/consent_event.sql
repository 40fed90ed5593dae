CREATE OR REPLACE FUNCTION consentfeed.consent_event(consent consentfeed.consents)
RETURNS consentfeed.new_event
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ROW((consent).status, (consent).id, (consent).customer_id, consentfeed.event_content(consent))::consentfeed.new_event;

COMMENT ON FUNCTION consentfeed.consent_event IS 'The event of a consent''s last change, before it has its place in the log.';
