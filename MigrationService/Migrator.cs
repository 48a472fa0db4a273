using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Postgres;
using Wyckoff.Timescale;

namespace Wyckoff.MigrationService;

/// <summary>
/// Brings a database to the schema of this build: setup, migrations, time-series storage, verification. One at a time per database.
/// </summary>
internal sealed class Migrator(
    DatabaseAdmin database,
    IConfiguration configuration,
    IOptions<MigrationOptions> options,
    FirstAccess access,
    TimeProvider time,
    ILogger<Migrator> logger
)
{
    private const long LockKey = 0x5779636B6F6666; // "Wyckoff"

    private static readonly ActivitySource Traces = new("Wyckoff.MigrationService");

    /// <summary>Migrates the schema, reconciles the time-series storage, and verifies the result.</summary>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        using var activity = Traces.StartActivity("migrate");
        await using var admin = await database.ConnectAsync(createDatabase: true, cancellationToken);
        var kept = await DeclaredSchema.KeptAsync(admin, cancellationToken);
        var schema = kept ?? Declared();
        // Report wrong configuration before anything is changed. This check does not depend on the edition.
        var declared = schema.With(configuration);
        TimescaleReconciler.CheckAggregates(declared.Hypertables, declared.Aggregates);

        await LockAsync(admin, cancellationToken);
        var applied = await AppliedAsync(admin, cancellationToken);
        var createExtension = await CanUseTimescaleAsync(admin, cancellationToken);
        var (appVerifier, workerVerifier) = await NewVerifiersAsync(admin, cancellationToken);
        await DatabaseSetup.ApplyAsync(admin, createExtension, appVerifier, workerVerifier, cancellationToken);

        await using var owner = database.OwnerDataSource();
        await using var connection = await owner.OpenConnectionAsync(cancellationToken);
        var isUpToDate = kept is not null && await SchemaVersion.ObjectsHashAsync(connection, cancellationToken) == SchemaObject.HashOfAll;
        if (!isUpToDate)
        {
            await ChangeAsync(connection, applied, cancellationToken);
        }

        var edition = await TimescaleEdition.DetectAsync(connection, cancellationToken);
        var reconciler = Reconciler(edition, declared);
        var plan = await reconciler.PlanAsync(connection, cancellationToken);
        foreach (var table in plan.GroupBy(step => step.Table, step => step.What, StringComparer.Ordinal))
        {
            logger.Reconciling(table.Key, string.Join("; ", table));
        }

        await TimescaleReconciler.ApplyAsync(connection, plan, cancellationToken);

        await access.EnsureAsync(connection, cancellationToken);
        var missing = await MissingAsync(declared, connection, reconciler, cancellationToken);
        if (missing.Count > 0)
        {
            throw new RefusalException($"The migration ran, but not all that is declared is there: {string.Join("; ", missing)}.");
        }

        if (!isUpToDate)
        {
            await schema.KeepAsync(connection, cancellationToken);
        }

        logger.Migrated(SchemaVersion.Required, edition.ToString(), edition.Capabilities);
    }

    /// <summary>Drops the database and creates it again.</summary>
    public async Task ResetAsync(bool mayLoseData, CancellationToken cancellationToken)
    {
        if (!mayLoseData)
        {
            throw new RefusalException(
                $"--reset deletes database '{database.DatabaseName}' with everything in it: add --yes if that is what you want."
            );
        }

        string? keyFile = null;
        try
        {
            await using var connection = await database.ConnectAsync(createDatabase: true, cancellationToken);
            var applied = await SchemaVersion.AppliedAsync(connection, cancellationToken);
            RefuseNewer(connection, applied);
            if (applied.Count > 0)
            {
                await using var source = database.OwnerDataSource();
                await using var owner = await source.OpenConnectionAsync(cancellationToken);
                keyFile = await access.FindFileAsync(owner, cancellationToken);
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ObjectNotInPrerequisiteState)
        {
            // An interrupted drop leaves a database that refuses connections and can only be dropped again.
        }

        await database.DropDatabaseAsync(cancellationToken);
        if (keyFile is not null)
        {
            File.Delete(keyFile);
        }

        await ApplyAsync(cancellationToken);
    }

    /// <summary>Prints the SQL that <see cref="ApplyAsync"/> would run.</summary>
    public async Task DryRunAsync(TextWriter output, CancellationToken cancellationToken)
    {
        await using var admin = await database.ConnectAsync(createDatabase: false, cancellationToken);
        await using var context = DesignTimeContext.Create();
        var exists = admin.Database == database.DatabaseName;
        var applied = exists ? await AppliedAsync(admin, cancellationToken) : [];
        var createExtension = await CanUseTimescaleAsync(admin, cancellationToken);
        var edition = createExtension
            ? await DetectWithExtensionAsync(admin, cancellationToken)
            : await TimescaleEdition.DetectAsync(admin, cancellationToken);
        if (!exists)
        {
            await output.WriteLineAsync($"CREATE DATABASE {DatabaseAdmin.Quoted(database.DatabaseName)};");
        }

        var (appVerifier, workerVerifier) = await NewVerifiersAsync(admin, cancellationToken);
        foreach (var statement in DatabaseSetup.Statements(createExtension, Hidden(appVerifier), Hidden(workerVerifier)))
        {
            await output.WriteLineAsync(statement + ";");
        }

        var change = await SchemaChange.PlanAsync(context, admin, applied, cancellationToken);
        await change.WriteAsync(output);

        var reconciler = Reconciler(edition, DeclaredSchema.Of(context).With(configuration));
        var plan = applied.Count == 0 ? reconciler.PlanForNew() : await reconciler.PlanAsync(admin, cancellationToken);
        foreach (var step in plan)
        {
            await output.WriteLineAsync($"-- {step.Table}: {step.What}{Environment.NewLine}{step.Sql};");
        }

        await output.WriteLineAsync(
            $"-- {change.Pending.Count} migrations, {change.Objects.Created.Count} objects and {plan.Count} storage steps would run; "
                + "nothing was written."
        );
    }

    /// <summary>Checks that the database has everything this build declares, and prints what is missing.</summary>
    public async Task<bool> VerifyAsync(TextWriter output, CancellationToken cancellationToken)
    {
        await using var admin = await database.ConnectAsync(createDatabase: false, cancellationToken);
        database.RequireDatabase(admin);
        var declared = Declared().With(configuration);
        await AppliedAsync(admin, cancellationToken);
        var edition = await TimescaleEdition.DetectAsync(admin, cancellationToken);
        var missing = await MissingAsync(declared, admin, Reconciler(edition, declared), cancellationToken);
        foreach (var fault in missing)
        {
            await output.WriteLineAsync("missing  " + fault);
        }

        await output.WriteLineAsync(
            missing.Count == 0
                ? $"All that is declared is there. {edition}: {edition.Capabilities}."
                : $"{missing.Count} missing: run MigrationService without options."
        );
        return missing.Count == 0;
    }

    public async Task StatusAsync(TextWriter output, CancellationToken cancellationToken)
    {
        await using var admin = await database.ConnectAsync(createDatabase: false, cancellationToken);
        database.RequireDatabase(admin);
        await using var context = DesignTimeContext.Create();
        var declared = DeclaredSchema.Of(context).With(configuration);
        await StatusReport.WriteAsync(output, admin, context, declared.Hypertables, declared.Aggregates, cancellationToken);
    }

    private static DeclaredSchema Declared()
    {
        using var context = DesignTimeContext.Create();
        return DeclaredSchema.Of(context);
    }

    private static TimescaleReconciler Reconciler(TimescaleEdition edition, DeclaredSchema declared) =>
        new(edition, declared.Hypertables, declared.Aggregates);

    private async Task ChangeAsync(NpgsqlConnection connection, IReadOnlyList<string> applied, CancellationToken cancellationToken)
    {
        await using var context = DesignTimeContext.Create();
        var change = await SchemaChange.PlanAsync(context, connection, applied, cancellationToken);
        if (!change.IsEmpty)
        {
            logger.Migrating(change.From ?? "nothing", change.To, change.Objects.Created.Count);
            await change.ApplyAsync(connection, time, cancellationToken);
        }
    }

    private async Task<(string? App, string? Worker)> NewVerifiersAsync(NpgsqlConnection admin, CancellationToken cancellationToken) =>
        (
            await DatabaseSetup.NewVerifierAsync(admin, DatabaseSetup.AppRole, options.Value.AppPassword, cancellationToken),
            await DatabaseSetup.NewVerifierAsync(admin, DatabaseSetup.WorkerRole, options.Value.WorkerPassword, cancellationToken)
        );

    private static string? Hidden(string? verifier) => verifier is null ? null : "***";

    private async Task LockAsync(NpgsqlConnection admin, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var first = true; ; first = false)
        {
            await using var command = new NpgsqlCommand(
                $"SELECT pg_try_advisory_lock({LockKey.ToString(CultureInfo.InvariantCulture)})",
                admin
            );
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
                throw new RefusalException(
                    $"Another migration of '{database.DatabaseName}' has been running for {options.Value.LockWait.TotalSeconds:0} s. "
                        + "Wait for it to end, then run this again."
                );
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), time, cancellationToken);
        }
    }

    /// <summary>The ids of the applied migrations. Refuses a database that a newer build or an unreleased version migrated.</summary>
    private static async Task<IReadOnlyList<string>> AppliedAsync(NpgsqlConnection admin, CancellationToken cancellationToken)
    {
        var applied = await SchemaVersion.AppliedAsync(admin, cancellationToken);
        // The first of the eleven migrations that existed before the first release.
        if (applied.Contains("20261120193039_Initial", StringComparer.Ordinal))
        {
            throw new RefusalException(
                $"Database '{admin.Database}' was made before Wyckoff's first release, and its schema cannot be brought forward: "
                    + "export what you need with the Wyckoff that made it (./wyckoff.sh export), then start with --fresh, "
                    + "or name another database."
            );
        }

        RefuseNewer(admin, applied);
        return applied;
    }

    private static void RefuseNewer(NpgsqlConnection admin, IEnumerable<string> applied)
    {
        var unknown = applied.Where(id => string.CompareOrdinal(id, SchemaVersion.Required) > 0).Select(SchemaVersion.NameOf).ToList();
        if (unknown.Count > 0)
        {
            throw new RefusalException(
                $"Database '{admin.Database}' belongs to a newer Wyckoff: it has {string.Join(", ", unknown)}, "
                    + "which this build does not know. Update Wyckoff, or name another database."
            );
        }
    }

    /// <summary>
    /// True when the extension should be created: it is wanted, available and loaded on the server, and not installed yet.
    /// </summary>
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
                   -- A setting of the loader; the licence setting exists only after the extension is created.
                   current_setting('timescaledb.max_background_workers', true) IS NOT NULL
            """,
            admin
        );
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (installed, available, loaded) = (reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(2));
        if (available && !loaded)
        {
            logger.TimescaleUnusable("shared_preload_libraries does not name timescaledb");
        }

        return !installed && available && loaded;
    }

    /// <summary>
    /// Detects the edition that the server would have with the extension, by creating it in a transaction and rolling back.
    /// </summary>
    private static async Task<TimescaleEdition> DetectWithExtensionAsync(NpgsqlConnection admin, CancellationToken cancellationToken)
    {
        await using var transaction = await admin.BeginTransactionAsync(cancellationToken);
        await using var create = new NpgsqlCommand("CREATE EXTENSION timescaledb SCHEMA public", admin, transaction);
        await create.ExecuteNonQueryAsync(cancellationToken);
        return await TimescaleEdition.DetectAsync(admin, cancellationToken);
    }

    /// <summary>
    /// Lists what is declared and missing in the database: migrations, tables, columns, constraints, indexes, objects, storage.
    /// </summary>
    private static async Task<IReadOnlyList<string>> MissingAsync(
        DeclaredSchema declared,
        NpgsqlConnection connection,
        TimescaleReconciler reconciler,
        CancellationToken cancellationToken
    )
    {
        var applied = await SchemaVersion.AppliedAsync(connection, cancellationToken);
        if (!applied.Contains(SchemaVersion.Required, StringComparer.Ordinal))
        {
            return ["migration " + SchemaVersion.NameOf(SchemaVersion.Required)];
        }

        var recorded = await ObjectPlan.RecordedAsync(connection, cancellationToken);
        var missing = SchemaObject
            .All.Where(item => !recorded.Contains((item.Name, item.Hash)))
            .Select(item => $"{item.Name} as this build has it")
            .ToList();
        var there = await DeclaredObjects.PresentAsync(connection, cancellationToken);
        missing.AddRange(declared.Objects.Where(name => !there.Contains(name)));
        missing.AddRange(DeclaredObjects.Of(SchemaObject.All).Where(name => !there.Contains(name)));
        missing.AddRange((await reconciler.PlanAsync(connection, cancellationToken)).Select(step => $"{step.Table}: {step.What}"));
        return missing;
    }
}
