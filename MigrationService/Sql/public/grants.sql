-- Services read these while they wait for their schema.
GRANT SELECT ON public.schema_migrations, public.migration_runs TO wyckoff_app, wyckoff_worker, wyckoff_reader;
