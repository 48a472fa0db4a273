-- The campaigns are locked first, in the order of their ids, so that two writers neither overlook each other's positions nor wait for each other in a circle. Their rows do
-- not change, so no version is counted up. A foreign key's own lock does not get in the way of this one.
CREATE FUNCTION wyckoff.check_allocation(campaign_ids uuid[]) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
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
      MESSAGE = format('campaign %s may take %s %% of the portfolio; its open positions would take %s %%', full_one.campaign_id, full_one.total_allocation, full_one.taken),
      SCHEMA = 'wyckoff', TABLE = 'positions', CONSTRAINT = 'chk_positions_campaign_allocation';
  END IF;
END $$;
COMMENT ON FUNCTION wyckoff.check_allocation(uuid[]) IS 'Raises when the open positions of one of these campaigns take more than its total_allocation, which is 5 % at most.';
