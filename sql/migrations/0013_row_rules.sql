-- Row-level rules: what serves one customer sees that customer's consents and events alone, whatever its WHERE says. Here
-- they are switched on, and every role goes on seeing all rows; policies.sql has what is added for consentfeed_app.

ALTER TABLE consentfeed.consents ENABLE ROW LEVEL SECURITY;
ALTER TABLE consentfeed.events ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON consentfeed.consents USING (true) WITH CHECK (true);
CREATE POLICY all_rows ON consentfeed.events USING (true) WITH CHECK (true);
COMMENT ON POLICY all_rows ON consentfeed.consents IS 'Grants alone say who may do what: without this, nobody but the owner would see a row.';
COMMENT ON POLICY all_rows ON consentfeed.events IS 'Grants alone say who may do what: without this, nobody but the owner would see a row.';

-- A function whose arguments change; it is created again after the migrations, in the same transaction.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS consentfeed.consent_history(uuid);

INSERT INTO consentfeed.migrations (name) VALUES ('0013_row_rules');
