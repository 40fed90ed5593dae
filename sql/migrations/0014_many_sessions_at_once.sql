-- A function that makes room for find_sessions(), which asks for many at once; created after the migrations, in the same
-- transaction.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.find_session(bytea);

INSERT INTO consentfeed.migrations (name) VALUES ('0014_many_sessions_at_once');
