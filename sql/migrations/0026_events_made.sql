-- They say more now: what else an event is shown with, so that the node that wrote it need not read it.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.record_decisions(jsonb);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.append_events(consentfeed.new_event []);

INSERT INTO consentfeed.migrations (name) VALUES ('0026_events_made');
