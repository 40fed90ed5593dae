CREATE OR REPLACE FUNCTION consentfeed.forget_node(id uuid)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM consentfeed.nodes AS node WHERE node.id = forget_node.id
$$;
COMMENT ON FUNCTION consentfeed.forget_node IS 'What a node does last.';
