-- find_sessions(), which asks for many at once, is there instead of it from now on.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.find_session(bytea);

INSERT INTO consentfeed.migrations (name) VALUES ('0014_many_sessions_at_once');
