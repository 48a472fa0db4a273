CREATE OR REPLACE FUNCTION public.uuid_v7() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  -- The first 48 bits of a random UUID are replaced by the milliseconds since 1970, then version 7 and the variant are set.
  SELECT encode(
    set_byte(
      set_byte(
        overlay(
          uuid_send(gen_random_uuid())
          PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
          FROM 1 FOR 6),
        6, (get_byte(uuid_send(gen_random_uuid()), 0) & 15) | 112),
      8, (get_byte(uuid_send(gen_random_uuid()), 0) & 63) | 128),
    'hex')::uuid
$$;
COMMENT ON FUNCTION public.uuid_v7() IS
  'An id that sorts by creation time, so that new rows land at the end of their index. PostgreSQL 18 has this built in.';
