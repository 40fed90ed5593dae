-- What is kept of an erased person's number, address and reference, so that an old file does not bring the person back.

CREATE TABLE consentfeed.erased_contacts (
    customer_id uuid NOT NULL REFERENCES consentfeed.customers (id),
    kind text NOT NULL CHECK (kind IN ('email', 'msisdn', 'reference')),
    hash bytea NOT NULL,
    PRIMARY KEY (customer_id, kind)
);
COMMENT ON TABLE consentfeed.erased_contacts IS 'Keyed hashes of the numbers, addresses and references that erased customers had. The key is made of the service''s secret and is not in the database: with the rows alone nobody can find out a number by trying all.';
COMMENT ON COLUMN consentfeed.erased_contacts.customer_id IS 'Who was erased.';
COMMENT ON COLUMN consentfeed.erased_contacts.kind IS 'email, msisdn or reference.';
COMMENT ON COLUMN consentfeed.erased_contacts.hash IS 'HMAC-SHA256 of the folded address, of the number in E.164 form, or of the reference.';

-- How an import finds them.
CREATE INDEX erased_contacts_hash ON consentfeed.erased_contacts (hash);
-- Few rows: those who were erased, for "consentfeed erased".
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX customers_erased_at ON consentfeed.customers (erased_at, id) WHERE erased_at IS NOT NULL;

INSERT INTO consentfeed.migrations (name) VALUES ('0017_erased_contacts');
