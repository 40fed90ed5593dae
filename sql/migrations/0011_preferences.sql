-- What people have chosen on the pages, so that they find it on every device.

CREATE TABLE consentfeed.preferences (
    principal text PRIMARY KEY,
    -- Kept as it was sent: jsonb would write 1e300 out in full.
    preferences json NOT NULL CHECK (json_typeof(preferences) = 'object' AND octet_length(preferences::text) <= 16384),
    updated_at timestamptz NOT NULL DEFAULT statement_timestamp()
);
COMMENT ON TABLE consentfeed.preferences IS 'What each principal has chosen on the pages; read by its owner alone.';
COMMENT ON COLUMN consentfeed.preferences.principal IS 'Role and id of whose they are, for example csr:50000000-….';
COMMENT ON COLUMN consentfeed.preferences.preferences IS 'One object, whose members the pages alone understand.';
COMMENT ON COLUMN consentfeed.preferences.updated_at IS 'When they were last saved.';

INSERT INTO consentfeed.migrations (name) VALUES ('0011_preferences');
