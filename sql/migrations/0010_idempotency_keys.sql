-- Answers kept for 24 hours, so that a client that repeats a request is not served twice.

CREATE TABLE consentfeed.idempotency_keys (
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    item bigint NOT NULL,
    request_sha256 bytea NOT NULL,
    outcome jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    PRIMARY KEY (principal, route, key, item)
);
COMMENT ON TABLE consentfeed.idempotency_keys IS 'Outcome of each decision that came with an Idempotency-Key; written in the transaction of the decision.';
COMMENT ON COLUMN consentfeed.idempotency_keys.principal IS 'Kind and id of who asked.';
COMMENT ON COLUMN consentfeed.idempotency_keys.route IS 'The route that was asked, without ids.';
COMMENT ON COLUMN consentfeed.idempotency_keys.key IS 'The Idempotency-Key header.';
COMMENT ON COLUMN consentfeed.idempotency_keys.item IS 'Place of the decision in its request, from 1.';
COMMENT ON COLUMN consentfeed.idempotency_keys.request_sha256 IS 'SHA-256 of the request, ids in its path included: another request under the same key is refused.';
COMMENT ON COLUMN consentfeed.idempotency_keys.outcome IS 'The outcome as record_decisions() returned it.';
COMMENT ON COLUMN consentfeed.idempotency_keys.created_at IS 'When the decision was made; forgotten 24 hours later.';

-- What forget_expired() looks for.
CREATE INDEX idempotency_keys_created_at ON consentfeed.idempotency_keys (created_at);

INSERT INTO consentfeed.migrations (name) VALUES ('0010_idempotency_keys');
