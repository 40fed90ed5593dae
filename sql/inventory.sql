-- What there is now is what there should be from now on. Only where nothing is noted yet: later "consentfeed migrate" notes
-- what it has changed, so that what was damaged before is never taken to be right.
INSERT INTO consentfeed.inventory (kind, relation, name, state)
SELECT present.kind, present.relation, present.name, present.state
FROM consentfeed.present_objects() AS present
WHERE present.kind NOT IN ('owner', 'partition')
    -- Those of partitions follow from those of events.
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_inherits AS attached JOIN pg_catalog.pg_class AS child ON child.oid = attached.inhrelid
        WHERE attached.inhparent = 'consentfeed.events'::regclass AND child.relname = present.relation
    )
    AND NOT EXISTS (SELECT FROM consentfeed.inventory);
