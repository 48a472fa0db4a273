using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wyckoff.Postgres;
using Wyckoff.Tests.Schema;
using Wyckoff.Timescale;

namespace Wyckoff.Tests.MigrationService;

public sealed class MigrationTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_model_has_no_change_without_a_migration()
    {
        using var context = database.OwnerContext();
        Assert.False(
            context.Database.HasPendingModelChanges(),
            "Add a migration: dotnet ef migrations add NAME --project MigrationService -o Migrations"
        );
    }

    [Fact]
    public void The_model_is_built_without_a_warning()
    {
        var warnings = new List<string>();
        var options = new DbContextOptionsBuilder<WyckoffDbContext>();
        // Without service provider caching, because EF does not check a model again that another context has built.
        options.UseWyckoff(database.Owner).EnableServiceProviderCaching(false).LogTo(warnings.Add, LogLevel.Warning);
        using var context = new WyckoffDbContext(options.Options);
        Assert.NotEmpty(context.Model.GetEntityTypes());
        Assert.Empty(warnings);
    }

    [Fact]
    public void The_version_that_services_require_is_the_newest_migration()
    {
        using var context = database.OwnerContext();
        Assert.Equal(SchemaVersion.Required, context.Database.GetMigrations().Last());
    }

    [Fact]
    public async Task Applying_twice_changes_nothing()
    {
        var connection = database.Server.NewDatabase();
        var (first, _, error) = await Migrations.RunProcessAsync(connection);
        Assert.True(first == 0, error);
        Assert.Empty(error);
        var before = await FingerprintAsync(connection);

        var (second, output, _) = await Migrations.RunAsync(connection);

        Assert.Equal(0, second);
        Assert.DoesNotContain("hypertable with chunks", output, StringComparison.Ordinal);
        Assert.Equal(before, await FingerprintAsync(connection));
        await database.Server.DropAsync(connection);
    }

    [Fact]
    public async Task A_run_uses_the_declarations_cached_by_its_build_and_replaces_those_of_other_builds()
    {
        var connection = await database.Server.CloneAsync();
        await ExecuteAsync(
            connection,
            "UPDATE public.declared_schema SET declared = jsonb_set(declared, '{Objects,0}', '\"table market.nowhere\"')"
        );
        var (exitCode, _, error) = await Migrations.RunAsync(connection);
        Assert.Equal(1, exitCode);
        Assert.Contains("not all that is declared is there: table market.nowhere", error, StringComparison.Ordinal);

        await ExecuteAsync(connection, "UPDATE public.declared_schema SET build = gen_random_uuid()");
        (exitCode, _, error) = await Migrations.RunAsync(connection);
        Assert.True(exitCode == 0, error);
        // With its own cached declarations the run still compares them with the database.
        await ExecuteAsync(connection, "DROP INDEX market.idx_data_sync_log_ticker_id_timeframe_last_sync_at");
        (exitCode, _, error) = await Migrations.RunAsync(connection);
        Assert.Equal(1, exitCode);
        Assert.Contains("index market.data_sync_log.idx_data_sync_log_ticker_id_timeframe_last_sync_at", error, StringComparison.Ordinal);
        await database.Server.DropAsync(connection);

        static async Task ExecuteAsync(string connectionString, string sql)
        {
            await using var source = NpgsqlDataSource.Create(connectionString);
            await using var command = source.CreateCommand(sql);
            Assert.Equal(sql.StartsWith("DROP", StringComparison.Ordinal) ? -1 : 1, await command.ExecuteNonQueryAsync(Token));
        }
    }

    [Fact]
    public async Task Two_concurrent_runs_both_succeed_and_only_one_migrates()
    {
        var connection = database.Server.NewDatabase();
        var runs = await Task.WhenAll(Migrations.RunAsync(connection), Migrations.RunAsync(connection));

        Assert.All(runs, run => Assert.True(run.ExitCode == 0, run.Error));
        Assert.Equal(1, runs.Count(run => run.Output.Contains("Migrating from nothing", StringComparison.Ordinal)));
        Assert.Equal(0, (await Migrations.RunAsync(connection, null, "--verify")).ExitCode);
        await database.Server.DropAsync(connection);
    }

    [Fact]
    public async Task A_dry_run_prints_the_statements_and_writes_nothing()
    {
        var connection = database.Server.NewDatabase();
        var (exitCode, output, error) = await Migrations.RunAsync(connection, null, "--dry-run");

        Assert.True(exitCode == 0, error);
        Assert.Contains("CREATE TABLE market.bars_1d", output, StringComparison.Ordinal);
        Assert.DoesNotContain("PASSWORD '" + TestServers.AppPassword, output, StringComparison.Ordinal);
        Assert.DoesNotContain("PASSWORD '" + TestServers.WorkerPassword, output, StringComparison.Ordinal);
        Assert.Equal(database.Edition.HasHypertables, output.Contains("create_hypertable('market.bars_1d'", StringComparison.Ordinal));
        var name = new NpgsqlConnectionStringBuilder(connection).Database!;
        Assert.Equal(0L, await database.ScalarAsync<long>("SELECT count(*) FROM pg_database WHERE datname = $1", name));
    }

    [Fact]
    public async Task A_dry_run_on_a_current_database_has_nothing_to_do()
    {
        var (exitCode, output, _) = await Migrations.RunAsync(database.AdminConnection, null, "--dry-run");
        Assert.Equal(0, exitCode);
        Assert.Contains("0 migrations, 0 objects and 0 storage steps would run", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_shows_migrations_and_tables()
    {
        var (exitCode, output, error) = await Migrations.RunAsync(database.AdminConnection, null, "--status");
        Assert.True(exitCode == 0, error);
        Assert.Matches($"Migration +{SchemaVersion.NameOf(SchemaVersion.Required)} +applied", output);
        Assert.Matches($"Objects +{SchemaObject.All.Count} files +applied", output);
        Assert.Matches($"Last run +[-0-9]+ [0-9:]+ to {SchemaVersion.NameOf(SchemaVersion.Required)} completed in [0-9]+ ms", output);
        Assert.Contains("market.bars_1d", output, StringComparison.Ordinal);
        Assert.Contains(database.Edition.Capabilities, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verification_names_objects_that_were_dropped()
    {
        var connection = await database.Server.CloneAsync();
        await using (var source = NpgsqlDataSource.Create(connection))
        {
            await using var drop = source.CreateCommand(
                """
                ALTER TABLE market.bars_1d DROP CONSTRAINT chk_bars_1d_volume;
                DROP INDEX market.idx_tickers_symbol;
                ALTER TABLE market.bars_1h DROP COLUMN vwap CASCADE;
                DROP TRIGGER touch ON market.feeds
                """
            );
            await drop.ExecuteNonQueryAsync(Token);
        }

        var (exitCode, output, _) = await Migrations.RunAsync(connection, null, "--verify");
        Assert.Equal(1, exitCode);
        Assert.Contains("constraint market.bars_1d.chk_bars_1d_volume", output, StringComparison.Ordinal);
        Assert.Contains("index market.tickers.idx_tickers_symbol", output, StringComparison.Ordinal);
        Assert.Contains("column market.bars_1h.vwap", output, StringComparison.Ordinal);
        Assert.Contains("object market.feeds.triggers", output, StringComparison.Ordinal);
        Assert.Contains("object market.market_data", output, StringComparison.Ordinal);
        await database.Server.DropAsync(connection);
    }

    [Fact]
    public async Task A_migration_that_throws_exits_with_1_and_is_rolled_back()
    {
        var connection = await database.Server.EmptyAsync();
        await using (var source = NpgsqlDataSource.Create(connection))
        {
            // The first migration fails because this table exists.
            await using var obstacle = source.CreateCommand(
                "CREATE SCHEMA market AUTHORIZATION wyckoff_owner; CREATE TABLE market.bars_4h (x int)"
            );
            await obstacle.ExecuteNonQueryAsync(Token);
        }

        var (exitCode, output, error) = await Migrations.RunAsync(connection);
        Assert.Equal(1, exitCode);
        Assert.Contains("bars_4h", Lines(error)[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("is in place", output, StringComparison.Ordinal);
        await using (var source = NpgsqlDataSource.Create(connection))
        {
            await using var left = source.CreateCommand("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'market'");
            Assert.Equal(1L, await left.ExecuteScalarAsync(Token));
        }

        await database.Server.DropAsync(connection);
    }

    [Fact]
    public async Task A_missing_server_exits_with_1_after_the_wait()
    {
        var nobody = $"Host=127.0.0.1;Port={Wyckoff.LocalServers.PortOwner.PickFree()};Username=postgres;Password=x;Database=wyckoff";
        var (exitCode, _, error) = await Migrations.RunProcessAsync(nobody, new() { ["Wyckoff__ServerWait"] = "00:00:01" });
        Assert.Equal(1, exitCode);
        Assert.Contains("No database server answers at 127.0.0.1:", Assert.Single(Lines(error)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_whose_name_does_not_resolve_is_waited_for_like_a_missing_one()
    {
        const string nowhere = "Host=nowhere.invalid;Username=postgres;Password=x;Database=wyckoff";
        var (exitCode, output, error) = await Migrations.RunAsync(nowhere, new() { ["Wyckoff__ServerWait"] = "00:00:01" });
        Assert.Equal(1, exitCode);
        Assert.Contains("Waiting for the database server", output, StringComparison.Ordinal);
        Assert.Contains(
            "No database server answers at nowhere.invalid:5432 after 1 s",
            Assert.Single(Lines(error)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_wrong_password_is_reported_at_once()
    {
        var wrong = new NpgsqlConnectionStringBuilder(database.AdminConnection) { Password = "wrong" }.ConnectionString;
        var (exitCode, _, error) = await Migrations.RunAsync(wrong, new() { ["Wyckoff__ServerWait"] = "00:10:00" });
        Assert.Equal(1, exitCode);
        Assert.Contains("Check user and password in ConnectionStrings__wyckoff", Assert.Single(Lines(error)), StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_a_newer_Wyckoff_is_not_changed()
    {
        var connection = await database.Server.CloneAsync();
        await using (var source = NpgsqlDataSource.Create(connection))
        {
            await using var insert = source.CreateCommand(
                """INSERT INTO public.schema_migrations ("MigrationId", "ProductVersion") VALUES ('29990101000000_FromTheFuture', '99')"""
            );
            await insert.ExecuteNonQueryAsync(Token);
        }

        var before = await FingerprintAsync(connection);
        foreach (var arguments in new string[][] { [], ["--verify"], ["--dry-run"], ["--reset", "--yes"] })
        {
            var (exitCode, _, error) = await Migrations.RunAsync(connection, null, arguments);
            Assert.Equal(1, exitCode);
            Assert.Contains("FromTheFuture", Assert.Single(Lines(error)), StringComparison.Ordinal);
        }

        Assert.Equal(before, await FingerprintAsync(connection));
        await database.Server.DropAsync(connection);
    }

    [Fact]
    public async Task A_database_from_before_the_first_release_is_refused_with_advice()
    {
        var connection = await database.Server.EmptyAsync();
        await using (var source = NpgsqlDataSource.Create(connection))
        {
            await using var old = source.CreateCommand(
                """
                CREATE TABLE public.schema_migrations ("MigrationId" text, "ProductVersion" text);
                INSERT INTO public.schema_migrations VALUES ('20261120193039_Initial', '10'), ('20261121192813_VersionLeases', '10');
                """
            );
            await old.ExecuteNonQueryAsync(Token);
        }

        foreach (var arguments in new string[][] { [], ["--verify"], ["--dry-run"] })
        {
            var (exitCode, _, error) = await Migrations.RunAsync(connection, null, arguments);
            Assert.Equal(1, exitCode);
            var line = Assert.Single(Lines(error));
            Assert.Contains("export", line, StringComparison.Ordinal);
            Assert.Contains("--fresh", line, StringComparison.Ordinal);
        }

        await database.Server.DropAsync(connection);
    }

    [Theory]
    [InlineData("--bogus")]
    [InlineData("--to", "Initial")]
    [InlineData("--reset")]
    [InlineData("--status", "--verify")]
    public async Task Invalid_arguments_give_one_line_and_change_nothing(params string[] arguments)
    {
        var (exitCode, output, error) = await Migrations.RunProcessAsync(database.AdminConnection, null, arguments);
        Assert.Equal(1, exitCode);
        Assert.Single(Lines(error));
        Assert.Empty(output);
    }

    [Theory]
    [InlineData("Wyckoff__Hypertables__nope__Retain", "1.00:00:00", "there is no hypertable 'nope'")]
    [InlineData("Wyckoff__Hypertables__trades__Retain", "100.00:00:00", "name the schema too")]
    [InlineData("Wyckoff__Hypertables__bars_1m__Retain", "long", "'long' is not a time span")]
    [InlineData("Wyckoff__Hypertables__price_snapshots__Retain", "30.00:00:00", "price_candles_1h")]
    public async Task Wrong_storage_settings_are_reported_before_anything_is_changed(string key, string value, string words)
    {
        var connection = await database.Server.EmptyAsync();
        var (exitCode, _, error) = await Migrations.RunAsync(connection, new() { [key] = value });
        Assert.Equal(1, exitCode);
        Assert.Contains(words, Assert.Single(Lines(error)), StringComparison.Ordinal);
        await using (var source = NpgsqlDataSource.Create(connection))
        {
            await using var tables = source.CreateCommand("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'market'");
            Assert.Equal(0L, await tables.ExecuteScalarAsync(Token));
        }

        await database.Server.DropAsync(connection);
    }

    [Fact]
    public async Task Runs_that_change_something_and_failed_runs_are_recorded()
    {
        var connection = await database.Server.CloneAsync();
        await using var source = NpgsqlDataSource.Create(connection);
        Assert.Equal(["Access completed"], await RunsAsync(source));
        Assert.Equal(0, (await Migrations.RunAsync(connection)).ExitCode);
        Assert.Equal(["Access completed"], await RunsAsync(source));

        // Pretend that an earlier build had another version, and let a user's view prevent its replacement.
        await using (
            var change = source.CreateCommand(
                """
                UPDATE public.migration_runs SET objects = replace(objects::text, '"market.bar_ratio", "',
                  '"market.bar_ratio", "x')::jsonb,
                  objects_hash = 'x';
                CREATE VIEW public.mine AS SELECT market.bar_ratio(1, 2, 3);
                """
            )
        )
        {
            await change.ExecuteNonQueryAsync(Token);
        }

        var (exitCode, _, error) = await Migrations.RunAsync(connection);
        Assert.Equal(1, exitCode);
        Assert.Contains("market.bar_ratio", Lines(error)[^1], StringComparison.Ordinal);
        Assert.Equal(["Access completed", "Access failed"], await RunsAsync(source));
        Assert.Equal(1, (await Migrations.RunAsync(connection, null, "--verify")).ExitCode);

        await using (var mend = source.CreateCommand("DROP VIEW public.mine"))
        {
            await mend.ExecuteNonQueryAsync(Token);
        }

        Assert.Equal(0, (await Migrations.RunAsync(connection)).ExitCode);
        Assert.Equal(["Access completed", "Access failed", "Access completed"], await RunsAsync(source));
        await database.Server.DropAsync(connection);

        static Task<List<string>> RunsAsync(NpgsqlDataSource source) =>
            Filling.ListAsync(source, "SELECT to_version || ' ' || outcome FROM public.migration_runs ORDER BY id", Token);
    }

    [Fact]
    public async Task Everything_belongs_to_the_owner_and_the_application_cannot_create()
    {
        Assert.Equal(
            0L,
            await database.ScalarAsync<long>(
                """
                SELECT count(*)
                  FROM pg_tables
                 WHERE schemaname IN ('market', 'wyckoff', 'account', 'trading', 'journal', 'prediction', 'audit', 'public')
                   AND tableowner <> 'wyckoff_owner'
                """
            )
        );
        await using var create = database.App.CreateCommand("CREATE TABLE market.mine (x int)");
        Assert.Equal(
            PostgresErrorCodes.InsufficientPrivilege,
            (await Assert.ThrowsAsync<PostgresException>(() => create.ExecuteNonQueryAsync(Token))).SqlState
        );
    }

    [Fact]
    public async Task A_transaction_of_the_caller_needs_the_execution_strategy_because_of_retries()
    {
        await using var context = database.Context();
        var strategy = context.Database.CreateExecutionStrategy();
        Assert.True(strategy.RetriesOnFailure);
        var seen = await strategy.ExecuteAsync(
            async token =>
            {
                await using var transaction = await context.Database.BeginTransactionAsync(token);
                var count = await context.Tickers.CountAsync(token);
                await transaction.CommitAsync(token);
                return count;
            },
            Token
        );
        Assert.True(seen >= 0);
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(Token);
            await context.Tickers.CountAsync(Token);
        });
    }

    internal static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>All objects and storage settings as one text.</summary>
    private static async Task<string> FingerprintAsync(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var connection = await source.OpenConnectionAsync(Token);
        var timescale = (await TimescaleEdition.DetectAsync(connection, Token)).HasHypertables
            ? """
                UNION ALL
                SELECT concat_ws(' ', hypertable_name, time_interval)
                  FROM timescaledb_information.dimensions
                UNION ALL
                SELECT concat_ws(' ', job_id, proc_name, schedule_interval, config)
                  FROM timescaledb_information.jobs
                """
            : "";
        await using var command = new NpgsqlCommand(
            $"""
            SELECT string_agg(line, E'\n' ORDER BY line) FROM (
              SELECT concat_ws(' ', c.oid, n.nspname, c.relname, c.relkind, c.relfilenode) AS line
                FROM pg_class c
                JOIN pg_namespace n ON n.oid = relnamespace
               WHERE n.nspname IN ('market', 'public')
              UNION ALL
              SELECT concat_ws(' ', table_schema, table_name, column_name, data_type, column_default)
                FROM information_schema.columns
               WHERE table_schema IN ('market', 'public')
              UNION ALL SELECT concat_ws(' ', "MigrationId") FROM public.schema_migrations
              {timescale}) AS everything
            """,
            connection
        );
        return (string)(await command.ExecuteScalarAsync(Token))!;
    }
}
