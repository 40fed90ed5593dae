-- What customers can consent to.

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
COMMENT ON COLUMN consentfeed.purposes.title IS 'Short title for staff, and for the notices that are written next: what customers saw stands with each notice.';
COMMENT ON COLUMN consentfeed.purposes.description IS 'One plain sentence of what is agreed to, for the notices that are written next.';
COMMENT ON COLUMN consentfeed.purposes.channels IS 'Channels on which it is offered, for example {sms,email,push,voice}.';
COMMENT ON COLUMN consentfeed.purposes.legal_basis IS 'Legal basis of the processing; "consent" for everything that is asked here.';
COMMENT ON COLUMN consentfeed.purposes.dpv_term IS 'Term of the W3C Data Privacy Vocabulary, for example dpv:Marketing.';
COMMENT ON COLUMN consentfeed.purposes.default_validity IS 'How long a grant is good for; NULL: until it is revoked.';
COMMENT ON COLUMN consentfeed.purposes.position IS 'Order in which people see the purposes, smallest first.';
COMMENT ON COLUMN consentfeed.purposes.offered IS 'Whether it is open: customers get consents for it, and it can be granted. A closed one can only be revoked.';
COMMENT ON COLUMN consentfeed.purposes.created_at IS 'When the purpose was added.';

INSERT INTO consentfeed.migrations (name) VALUES ('0003_purposes');
