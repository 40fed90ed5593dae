-- Functions that change: end_session() tells whether there was one, ended_sessions() asks for roles, list_purposes() gives
-- position too. All are created again after the migrations, in the same transaction.

-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.end_session(uuid);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.ended_sessions(uuid [], uuid []);
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.list_purposes();

INSERT INTO consentfeed.migrations (name) VALUES ('0010_changed_functions');
