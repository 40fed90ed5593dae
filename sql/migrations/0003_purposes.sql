-- What customers can consent to, and the exact texts they were told.

CREATE TABLE consentfeed.purposes (
    key text PRIMARY KEY CHECK (key ~ '^[a-z][a-z0-9-]{0,62}$'),
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '',
    channels text [] NOT NULL CHECK (
        cardinality(channels) > 0 AND array_to_string(channels, ',', '!') ~ '^[a-z][a-z0-9-]{0,31}(,[a-z][a-z0-9-]{0,31})*$'
    ),
    legal_basis text NOT NULL DEFAULT 'consent',
    dpv_term text,
    default_validity interval CHECK (default_validity > interval '0'),
    position bigint NOT NULL DEFAULT 0,
    offered boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp()
);
COMMENT ON TABLE consentfeed.purposes IS 'What a customer can consent to; one consent per customer, purpose and channel.';
COMMENT ON COLUMN consentfeed.purposes.key IS 'Stable name, as in "marketing"; it stands in the log and in URLs.';
COMMENT ON COLUMN consentfeed.purposes.title IS 'Short title for people.';
COMMENT ON COLUMN consentfeed.purposes.description IS 'One plain sentence of what is agreed to.';
COMMENT ON COLUMN consentfeed.purposes.channels IS 'Channels on which it is offered, for example {sms,email,push,voice}.';
COMMENT ON COLUMN consentfeed.purposes.legal_basis IS 'Legal basis of the processing; "consent" for everything that is asked here.';
COMMENT ON COLUMN consentfeed.purposes.dpv_term IS 'Term of the W3C Data Privacy Vocabulary, for example dpv:Marketing.';
COMMENT ON COLUMN consentfeed.purposes.default_validity IS 'How long a grant is good for; NULL: until it is revoked.';
COMMENT ON COLUMN consentfeed.purposes.position IS 'Order in which people see the purposes, smallest first.';
COMMENT ON COLUMN consentfeed.purposes.offered IS 'Whether newly registered customers get consents for it.';
COMMENT ON COLUMN consentfeed.purposes.created_at IS 'When the purpose was added.';

CREATE TABLE consentfeed.notices (
    purpose text NOT NULL REFERENCES consentfeed.purposes (key),
    version bigint NOT NULL CHECK (version BETWEEN 1 AND 2147483647),
    language text NOT NULL CHECK (language ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
    text text NOT NULL CHECK (text <> ''),
    sha256 bytea NOT NULL,
    published_at timestamptz,
    PRIMARY KEY (purpose, version, language)
);
COMMENT ON TABLE consentfeed.notices IS 'The texts customers are shown. The highest published version of a purpose is in force; a published text never changes.';
COMMENT ON COLUMN consentfeed.notices.purpose IS 'The purpose it explains; the key of the notice.';
COMMENT ON COLUMN consentfeed.notices.version IS 'Version, from 1; all languages of a version say the same.';
COMMENT ON COLUMN consentfeed.notices.language IS 'BCP 47 tag of the text.';
COMMENT ON COLUMN consentfeed.notices.text IS 'The text, exactly as shown.';
COMMENT ON COLUMN consentfeed.notices.sha256 IS 'SHA-256 of the text in UTF-8; set by trigger, and bound into every grant.';
COMMENT ON COLUMN consentfeed.notices.published_at IS 'From when on it is in force; NULL: a draft, which may still change.';

INSERT INTO consentfeed.migrations (name) VALUES ('0003_purposes');
