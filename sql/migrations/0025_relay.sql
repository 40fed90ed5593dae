-- The relay to NATS is work along the log like others, and needs no table of its own.
COMMENT ON COLUMN consentfeed.followers.name IS 'The work: checkpoints, relay, or webhook: and the name of one.';
COMMENT ON COLUMN consentfeed.followers.position IS 'checkpoints: how many events, from row 0 on, have been worked on. A webhook: the newest event that has been delivered, or was not for it. relay: the newest event that was in the stream of NATS when that was last noted.';
COMMENT ON COLUMN consentfeed.followers.hash IS 'The hash of the event at that position, of webhooks and the relay: whether it is still in this log.';

INSERT INTO consentfeed.migrations (name) VALUES ('0025_relay');
