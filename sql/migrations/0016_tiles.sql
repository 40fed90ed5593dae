-- The Merkle tree over the log (RFC 9162), as far as it is kept: every eighth level, of whole tiles of 256 hashes alone.
-- The leaves are the hashes of the events, which are there already; what lies between two levels is hashed when asked for.

CREATE TABLE consentfeed.tiles (
    number bigint NOT NULL,
    level bigint NOT NULL CHECK (level > 0),
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, number)
);
COMMENT ON TABLE consentfeed.tiles IS 'The Merkle tree over the log: the hash above each whole tile, which is 256 hashes of the level below. Append-only; can be computed again from the log.';
COMMENT ON COLUMN consentfeed.tiles.number IS 'Which tile of its level, from 0 on. On level 1 it holds events 256 × number to 256 × number + 255.';
COMMENT ON COLUMN consentfeed.tiles.level IS '1: above 256 leaves; 2: above 256 tiles of level 1; and so on.';
COMMENT ON COLUMN consentfeed.tiles.hash IS 'The hash of RFC 9162 above all leaves of the tile.';

CREATE TABLE consentfeed.dropped_hashes (
    first_seq bigint PRIMARY KEY,
    hashes bytea NOT NULL CHECK (length(hashes) >= 32 AND length(hashes) <= 8192 AND length(hashes) % 32 = 0)
);
COMMENT ON TABLE consentfeed.dropped_hashes IS 'Hashes of the events that retention has dropped, so that proofs need none of them. Written when a partition is dropped; append-only.';
COMMENT ON COLUMN consentfeed.dropped_hashes.first_seq IS 'Position of the first event of these.';
COMMENT ON COLUMN consentfeed.dropped_hashes.hashes IS 'The hashes of up to 256 events that follow one another, 32 bytes each.';
-- Hashes cannot be made smaller: not even tried.
ALTER TABLE consentfeed.dropped_hashes ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE consentfeed.checkpoints (
    size bigint PRIMARY KEY CHECK (size > 0),
    root bytea NOT NULL CHECK (length(root) = 32),
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE consentfeed.checkpoints IS 'What has been, or may have been, signed: one root for each size. Nothing is signed that does not stand here; append-only.';
COMMENT ON COLUMN consentfeed.checkpoints.size IS 'How many events the tree covers, from row 0 on.';
COMMENT ON COLUMN consentfeed.checkpoints.root IS 'The root over them.';
COMMENT ON COLUMN consentfeed.checkpoints.made_at IS 'When it was made.';

CREATE TABLE consentfeed.followers (
    name text PRIMARY KEY,
    holder uuid NOT NULL,
    held_until timestamptz NOT NULL,
    position bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE consentfeed.followers IS 'Work along the log that one node does at a time. What a holder writes is written only while the row is still its own: a node that slept cannot write over its successor.';
COMMENT ON COLUMN consentfeed.followers.name IS 'The work: checkpoints.';
COMMENT ON COLUMN consentfeed.followers.holder IS 'Who does it: chosen at random by a process at its start.';
COMMENT ON COLUMN consentfeed.followers.held_until IS 'From then on another process may take it.';
COMMENT ON COLUMN consentfeed.followers.position IS 'How many events, from row 0 on, have been worked on.';

INSERT INTO consentfeed.migrations (name) VALUES ('0016_tiles');
