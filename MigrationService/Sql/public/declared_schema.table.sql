CREATE TABLE public.declared_schema (build uuid NOT NULL CONSTRAINT pk_declared_schema PRIMARY KEY, declared jsonb NOT NULL);
COMMENT ON TABLE public.declared_schema IS
  'The declarations of the build that last verified this database. The next start of that build compares the database with them and '
  'skips building the model, which takes seconds.';
