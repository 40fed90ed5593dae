-- The exact texts that customers were told.

CREATE TABLE consentfeed.notices (
    purpose text NOT NULL REFERENCES consentfeed.purposes (key),
    version bigint NOT NULL CHECK (version BETWEEN 1 AND 2147483647),
    language text NOT NULL CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$'),
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    description text NOT NULL,
    text text NOT NULL CHECK (text <> ''),
    sha256 bytea NOT NULL,
    published_at timestamptz,
    actor_kind text,
    actor_id text,
    method text,
    PRIMARY KEY (purpose, version, language)
);
COMMENT ON TABLE consentfeed.notices IS 'The texts customers are shown. The highest published version of a purpose is in force; a published text never changes.';
COMMENT ON COLUMN consentfeed.notices.purpose IS 'The purpose it explains; the key of the notice.';
COMMENT ON COLUMN consentfeed.notices.version IS 'Version, from 1; all languages of a version say the same.';
COMMENT ON COLUMN consentfeed.notices.language IS 'BCP 47 tag of the text.';
COMMENT ON COLUMN consentfeed.notices.title IS 'What the purpose is called in this version; NULL when written: the purpose''s title of today.';
COMMENT ON COLUMN consentfeed.notices.description IS 'One plain sentence of what is agreed to, in this version; NULL when written: the purpose''s of today.';
COMMENT ON COLUMN consentfeed.notices.text IS 'The text, exactly as shown.';
COMMENT ON COLUMN consentfeed.notices.sha256 IS 'SHA-256 of the text in UTF-8; set by trigger, and bound into every grant.';
COMMENT ON COLUMN consentfeed.notices.published_at IS 'From when on it is in force; NULL: a draft, which may still change.';
COMMENT ON COLUMN consentfeed.notices.actor_kind IS 'Who published it: admin, or database (with SQL); NULL: a draft.';
COMMENT ON COLUMN consentfeed.notices.actor_id IS 'The account''s id, or the SQL role.';
COMMENT ON COLUMN consentfeed.notices.method IS 'How: rest, or sql.';

INSERT INTO consentfeed.migrations (name) VALUES ('0004_notices');
