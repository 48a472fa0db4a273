using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Timescale;

namespace Wyckoff.MigrationService;

/// <summary>Brings a database to the schema of this build: setup, migrations, time-series storage, verification; one at a time per database.</summary>
internal sealed class Migrator(DatabaseServer server, IConfiguration configuration, IOptions<MigrationOptions> options, TimeProvider time, ILogger<Migrator> logger)
{
    private const long LockKey = 0x5779636B6F6666; // "Wyckoff"

    /// <summary>Migrates to <paramref name="target"/> (null: the newest), reconciles and verifies.</summary>
    public async Task<bool> ApplyAsync(string? target, bool mayLoseData, CancellationToken cancellationToken)
    {
        await using var admin = await server.ConnectAsync(createDatabase: true, cancellationToken);
        await using var owner = server.OwnerDataSource();
        await using var context = Context(owner);
        // What is configured wrongly is said before anything is changed; the edition does not matter to that.
        var (declared, aggregates) = Declared(context);
        TimescaleReconciler.CheckAggregates(declared, aggregates);

        await LockAsync(admin, cancellationToken);
        await RefuseNewerAsync(admin, cancellationToken);
        var createExtension = await CanUseTimescaleAsync(admin, cancellationToken);
        var (appVerifier, workerVerifier) = await NewVerifiersAsync(admin, cancellationToken);
        await DatabaseSetup.ApplyAsync(admin, createExtension, appVerifier, workerVerifier, cancellationToken);

        var migrations = context.Database.GetMigrations().ToList();
        var applied = (await context.Database.GetAppliedMigrationsAsync(cancellationToken)).ToList();
        var goal = Find(target, migrations);
        if (!mayLoseData)
        {
            await RefuseLossAsync(context, applied, migrations, goal, cancellationToken);
        }

        var from = applied.LastOrDefault("nothing");
        if (from != (goal ?? "nothing"))
        {
            logger.Migrating(from, goal ?? "nothing");
            await MigrateAsync(context, owner, goal, cancellationToken);
        }

        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        var edition = await TimescaleEdition.DetectAsync(connection, cancellationToken);
        var reconciler = Reconciler(edition, context);
        var plan = await reconciler.PlanAsync(connection, cancellationToken);
        foreach (var table in plan.GroupBy(step => step.Table, step => step.What, StringComparer.Ordinal))
        {
            logger.Reconciling(table.Key, string.Join("; ", table));
        }

        await TimescaleReconciler.ApplyAsync(connection, plan, cancellationToken);

        if (goal == migrations[^1])
        {
            var missing = await MissingAsync(context, connection, reconciler, cancellationToken);
            if (missing.Count > 0)
            {
                throw new RefusalException($"The migration ran, but not all that is declared is there: {string.Join("; ", missing)}.");
            }

            logger.Migrated(goal, edition.ToString(), edition.Capabilities);
        }

        return true;
    }

    private static async Task MigrateAsync(WyckoffDbContext context, NpgsqlDataSource owner, string? goal, CancellationToken cancellationToken)
    {
        await using (var create = owner.CreateCommand(RecordedHistory.CreateTable))
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        try
        {
            context.Database.SetCommandTimeout(TimeSpan.FromHours(12));
            await context.GetService<IMigrator>().MigrateAsync(goal ?? Migration.InitialDatabase, cancellationToken);
        }
        catch (PostgresException e)
        {
            await using var connection = await owner.OpenConnectionAsync(CancellationToken.None);
            if ((await context.Database.GetPendingMigrationsAsync(CancellationToken.None)).FirstOrDefault() is { } failed && goal is not null)
            {
                await ((RecordedHistory)context.GetService<IHistoryRepository>()).RecordFailureAsync(connection, failed, e.Message, CancellationToken.None);
            }

            throw;
        }
    }

    /// <summary>Drops the database and makes it anew.</summary>
    public async Task<bool> ResetAsync(bool mayLoseData, CancellationToken cancellationToken)
    {
        if (!mayLoseData)
        {
            throw new RefusalException($"--reset deletes database '{server.Database}' with everything in it: add --yes if that is what you want.");
        }

        try
        {
            await using var connection = await server.ConnectAsync(createDatabase: true, cancellationToken);
            await RefuseNewerAsync(connection, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectNotInPrerequisiteState)
        {
            // A drop that did not get to its end leaves a database that nobody can connect to, and that only another drop removes.
        }

        await server.DropDatabaseAsync(cancellationToken);
        return await ApplyAsync(null, mayLoseData: true, cancellationToken);
    }

    /// <summary>The SQL that <see cref="ApplyAsync"/> would run.</summary>
    public async Task<bool> DryRunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        await using var admin = await server.ConnectAsync(createDatabase: false, cancellationToken);
        var exists = admin.Database == server.Database;
        var applied = new List<string>();
        var createExtension = await CanUseTimescaleAsync(admin, cancellationToken);
        var edition = createExtension ? await DetectWithExtensionAsync(admin, cancellationToken) : await TimescaleEdition.DetectAsync(admin, cancellationToken);
        await using var source = server.AdminDataSource();
        await using var context = Context(source);
        if (exists)
        {
            await RefuseNewerAsync(admin, cancellationToken);
            applied = [.. await context.Database.GetAppliedMigrationsAsync(cancellationToken)];
        }
        else
        {
            await output.WriteLineAsync($"CREATE DATABASE {DatabaseServer.Quoted(server.Database)};");
        }

        var (appVerifier, workerVerifier) = await NewVerifiersAsync(admin, cancellationToken);
        foreach (var statement in DatabaseSetup.Statements(createExtension, Hidden(appVerifier), Hidden(workerVerifier)))
        {
            await output.WriteLineAsync(statement + ";");
        }

        var pending = context.Database.GetMigrations().Except(applied, StringComparer.Ordinal).ToList();
        if (pending.Count > 0)
        {
            await output.WriteLineAsync(context.GetService<IMigrator>().GenerateScript(applied.LastOrDefault(), pending[^1]));
        }

        var reconciler = Reconciler(edition, context);
        var plan = applied.Count == 0 ? reconciler.PlanForNew() : await reconciler.PlanAsync(admin, cancellationToken);
        foreach (var step in plan)
        {
            await output.WriteLineAsync($"-- {step.Table}: {step.What}{Environment.NewLine}{step.Sql};");
        }

        await output.WriteLineAsync($"-- {pending.Count} migrations and {plan.Count} storage steps would run; nothing was written.");
        return true;
    }

    /// <summary>Whether everything this build declares is in the database.</summary>
    public async Task<bool> VerifyAsync(TextWriter output, CancellationToken cancellationToken)
    {
        await using var admin = await server.ConnectAsync(createDatabase: false, cancellationToken);
        server.RequireDatabase(admin);
        await RefuseNewerAsync(admin, cancellationToken);
        await using var source = server.AdminDataSource();
        await using var context = Context(source);
        var edition = await TimescaleEdition.DetectAsync(admin, cancellationToken);
        var missing = await MissingAsync(context, admin, Reconciler(edition, context), cancellationToken);
        foreach (var fault in missing)
        {
            await output.WriteLineAsync("missing  " + fault);
        }

        await output.WriteLineAsync(missing.Count == 0
            ? $"All that is declared is there. {edition}: {edition.Capabilities}."
            : $"{missing.Count} missing: run MigrationService without options.");
        return missing.Count == 0;
    }

    public async Task<bool> StatusAsync(TextWriter output, CancellationToken cancellationToken)
    {
        await using var admin = await server.ConnectAsync(createDatabase: false, cancellationToken);
        server.RequireDatabase(admin);
        await using var source = server.AdminDataSource();
        await using var context = Context(source);
        var (declared, aggregates) = Declared(context);
        await StatusReport.WriteAsync(output, admin, context, declared, aggregates, cancellationToken);
        return true;
    }

    private static WyckoffDbContext Context(NpgsqlDataSource source) => new((DbContextOptions<WyckoffDbContext>)new DbContextOptionsBuilder<WyckoffDbContext>()
        .UseWyckoff(source).ReplaceService<IHistoryRepository, RecordedHistory>().Options);

    private TimescaleReconciler Reconciler(TimescaleEdition edition, WyckoffDbContext context)
    {
        var (declared, aggregates) = Declared(context);
        return new(edition, declared, aggregates);
    }

    // From the design-time model, which is the one that migrations go by.
    private (IReadOnlyList<Hypertable> Hypertables, IReadOnlyList<ContinuousAggregate> Aggregates) Declared(WyckoffDbContext context)
    {
        var model = context.GetService<IDesignTimeModel>().Model;
        return (model.Hypertables(configuration), model.ContinuousAggregates(configuration));
    }

    private async Task<(string? App, string? Worker)> NewVerifiersAsync(NpgsqlConnection admin, CancellationToken cancellationToken) => (
        await DatabaseSetup.NewVerifierAsync(admin, DatabaseSetup.AppRole, options.Value.AppPassword, cancellationToken),
        await DatabaseSetup.NewVerifierAsync(admin, DatabaseSetup.WorkerRole, options.Value.WorkerPassword, cancellationToken));

    private static string? Hidden(string? verifier) => verifier is null ? null : "***";

    private async Task LockAsync(NpgsqlConnection admin, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var first = true; ; first = false)
        {
            await using var command = new NpgsqlCommand($"SELECT pg_try_advisory_lock({LockKey.ToString(CultureInfo.InvariantCulture)})", admin);
            if (await command.ExecuteScalarAsync(cancellationToken) is true)
            {
                return;
            }

            if (first)
            {
                logger.WaitingForLock();
            }

            if (time.GetElapsedTime(started) >= options.Value.LockWait)
            {
                throw new RefusalException($"Another migration of '{server.Database}' has been running for {options.Value.LockWait.TotalSeconds:0} s. Wait for it to end, then run this again.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), time, cancellationToken);
        }
    }

    private async Task RefuseNewerAsync(NpgsqlConnection admin, CancellationToken cancellationToken)
    {
        await using var source = server.AdminDataSource();
        await using var context = Context(source);
        var ours = context.Database.GetMigrations().Select(SchemaVersion.NameOf).ToHashSet(StringComparer.Ordinal);
        var unknown = (await SchemaVersion.AppliedAsync(admin, cancellationToken)).Where(name => !ours.Contains(name)).ToList();
        if (unknown.Count > 0)
        {
            throw new RefusalException($"Database '{admin.Database}' belongs to a newer Wyckoff: it has {string.Join(", ", unknown)}, which this build does not know. Update Wyckoff, or name another database.");
        }
    }

    private static string? Find(string? target, List<string> migrations) => target switch
    {
        null => migrations[^1],
        Migration.InitialDatabase => null,
        _ => migrations.Find(id => string.Equals(id, target, StringComparison.OrdinalIgnoreCase) || string.Equals(SchemaVersion.NameOf(id), target, StringComparison.OrdinalIgnoreCase))
            ?? throw new RefusalException($"There is no migration '{target}'. There are: {string.Join(", ", migrations.Select(SchemaVersion.NameOf))} and 0."),
    };

    /// <summary>Going back drops tables and columns: not while a row is in one of them.</summary>
    private static async Task RefuseLossAsync(WyckoffDbContext context, List<string> applied, List<string> migrations, string? goal, CancellationToken cancellationToken)
    {
        var assembly = context.GetService<IMigrationsAssembly>();
        var undone = applied.Where(id => migrations.IndexOf(id) > (goal is null ? -1 : migrations.IndexOf(goal)));
        var touched = undone
            .SelectMany(id => assembly.CreateMigration(assembly.Migrations[id], context.Database.ProviderName!).DownOperations)
            .Select(operation => operation switch
            {
                DropTableOperation table => (table.Schema, table.Name),
                DropColumnOperation column => (column.Schema, Name: column.Table),
                _ => (Schema: null, Name: null!),
            })
            .Where(table => table.Name is not null)
            .Distinct();
        var filled = new List<string>();
        foreach (var (schema, name) in touched)
        {
            var table = $"{schema ?? "public"}.{name}";
            if (await context.Database.SqlQueryRaw<bool>($"""SELECT EXISTS (SELECT FROM {table}) AS "Value" """).SingleAsync(cancellationToken))
            {
                filled.Add(table);
            }
        }

        if (filled.Count > 0)
        {
            throw new RefusalException($"Going back to '{goal ?? "0"}' would delete what is in {string.Join(", ", filled)}: add --yes if that is what you want.");
        }
    }

    /// <summary>True when the extension is to be created: wanted, on the server, loaded, and not there yet.</summary>
    private async Task<bool> CanUseTimescaleAsync(NpgsqlConnection admin, CancellationToken cancellationToken)
    {
        if (options.Value.Timescale == "off")
        {
            return false;
        }

        await using var command = new NpgsqlCommand(
            """
            SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb'),
                   EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb'),
                   current_setting('timescaledb.max_background_workers', true) IS NOT NULL -- the loader's; the licence is only known once the extension is there
            """,
            admin);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (installed, available, loaded) = (reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(2));
        if (available && !loaded)
        {
            logger.TimescaleUnusable("shared_preload_libraries does not name timescaledb");
        }

        return !installed && available && loaded;
    }

    /// <summary>What the server would be with the extension, found out by creating it in a transaction that is rolled back.</summary>
    private static async Task<TimescaleEdition> DetectWithExtensionAsync(NpgsqlConnection admin, CancellationToken cancellationToken)
    {
        await using var transaction = await admin.BeginTransactionAsync(cancellationToken);
        await using var create = new NpgsqlCommand("CREATE EXTENSION timescaledb SCHEMA public", admin, transaction);
        await create.ExecuteNonQueryAsync(cancellationToken);
        return await TimescaleEdition.DetectAsync(admin, cancellationToken);
    }

    /// <summary>What is declared and not there: migrations, tables, columns, constraints, indexes, storage.</summary>
    private static async Task<IReadOnlyList<string>> MissingAsync(WyckoffDbContext context, NpgsqlConnection connection, TimescaleReconciler reconciler, CancellationToken cancellationToken)
    {
        var applied = await SchemaVersion.AppliedAsync(connection, cancellationToken);
        var missing = context.Database.GetMigrations().Select(SchemaVersion.NameOf).Except(applied, StringComparer.Ordinal).Select(name => "migration " + name).ToList();
        if (missing.Count > 0)
        {
            return missing;
        }

        var there = await DeclaredObjects.PresentAsync(connection, cancellationToken);
        missing.AddRange(DeclaredObjects.Of(context.GetService<IDesignTimeModel>().Model).Where(name => !there.Contains(name)));
        missing.AddRange(await ((RecordedHistory)context.GetService<IHistoryRepository>()).ChangedAsync(connection, cancellationToken));
        missing.AddRange((await reconciler.PlanAsync(connection, cancellationToken)).Select(step => $"{step.Table}: {step.What}"));
        return missing;
    }

}
