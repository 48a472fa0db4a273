CREATE TABLE public.declared_schema (build uuid NOT NULL CONSTRAINT pk_declared_schema PRIMARY KEY, declared jsonb NOT NULL);
COMMENT ON TABLE public.declared_schema IS 'What the build that last verified this database declares. Its next start compares the database with this, and need not build the model, which takes seconds.';
