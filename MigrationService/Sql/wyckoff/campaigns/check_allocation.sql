-- The campaigns are locked first, in the order of their ids, so that concurrent writers see each other's positions and do not deadlock.
-- Their rows do not change, so no version is incremented. FOR NO KEY UPDATE does not conflict with the locks that foreign keys take.
CREATE FUNCTION wyckoff.check_allocation(campaign_ids uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  full_one record;
BEGIN
  PERFORM FROM wyckoff.campaigns c WHERE c.id = ANY (campaign_ids) ORDER BY c.id FOR NO KEY UPDATE;
  SELECT c.campaign_id, c.total_allocation, sum(p.allocation_percent) AS taken INTO full_one
    FROM wyckoff.campaigns c JOIN wyckoff.positions p ON p.campaign_id = c.id AND p.status = 'OPEN'
   WHERE c.id = ANY (campaign_ids)
   GROUP BY c.id HAVING sum(p.allocation_percent) > c.total_allocation LIMIT 1;
  IF FOUND THEN
    RAISE check_violation USING
      MESSAGE = format(
        'campaign %s may take %s %% of the portfolio; its open positions would take %s %%',
        full_one.campaign_id, full_one.total_allocation, full_one.taken),
      SCHEMA = 'wyckoff', TABLE = 'positions', CONSTRAINT = 'chk_positions_campaign_allocation';
  END IF;
END $$;
COMMENT ON FUNCTION wyckoff.check_allocation(uuid[]) IS
  'Raises an error when the open positions of one of these campaigns take more than its total_allocation, which is at most 5 %.';
