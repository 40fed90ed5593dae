-- Which nodes serve now, and how they do.

CREATE TABLE consentfeed.nodes (
    id uuid PRIMARY KEY,
    host text NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    numbers json NOT NULL
);
COMMENT ON TABLE consentfeed.nodes IS 'One row per node, written by the node itself every few seconds. A node that has said nothing for a minute counts as gone.';
COMMENT ON COLUMN consentfeed.nodes.id IS 'Chosen by the node at its start.';
COMMENT ON COLUMN consentfeed.nodes.host IS 'Name of the machine it runs on.';
COMMENT ON COLUMN consentfeed.nodes.started_at IS 'When it started, by its own clock.';
COMMENT ON COLUMN consentfeed.nodes.seen_at IS 'When it last reported, by the clock of the database.';
COMMENT ON COLUMN consentfeed.nodes.numbers IS 'What it counted: streams, lag, rates since its last report.';

INSERT INTO consentfeed.migrations (name) VALUES ('0012_nodes');
