using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Postgres;

namespace Wyckoff.MigrationService;

/// <summary>
/// The changes that bring a database to the schema of this build: EF's migrations for the tables, and around them the objects that EF does
/// not know. All of it runs in one transaction, so a database is never between two builds.
/// </summary>
internal sealed class SchemaChange
{
    private readonly string _migrations;
    private readonly IReadOnlyList<string> _tables;

    private SchemaChange(
        IReadOnlyList<string> applied,
        IReadOnlyList<string> pending,
        string migrations,
        IReadOnlyList<string> tables,
        ObjectPlan objects
    )
    {
        _tables = tables;
        (From, To) = (applied.LastOrDefault(), pending.Concat(applied).Max(StringComparer.Ordinal)!);
        (Pending, _migrations, Objects) = (pending, migrations, objects);
    }

    /// <summary>The newest applied migration; null when there is none.</summary>
    public string? From { get; }

    public string To { get; }

    public IReadOnlyList<string> Pending { get; }

    public ObjectPlan Objects { get; }

    public bool IsEmpty => Pending.Count == 0 && Objects.IsEmpty;

    public static async Task<SchemaChange> PlanAsync(
        WyckoffDbContext context,
        NpgsqlConnection connection,
        IReadOnlyList<string> applied,
        CancellationToken cancellationToken
    )
    {
        var pending = context.Database.GetMigrations().Except(applied, StringComparer.Ordinal).ToList();
        var migrations =
            pending.Count == 0
                ? ""
                : context
                    .GetService<IMigrator>()
                    .GenerateScript(applied.LastOrDefault(), pending[^1], MigrationsSqlGenerationOptions.NoTransactions);
        var recorded = applied.Count == 0 ? [] : await ObjectPlan.RecordedAsync(connection, cancellationToken);
        var tables = context
            .GetService<IDesignTimeModel>()
            .Model.GetRelationalModel()
            .Tables.Select(table => $"{table.Schema}.{table.Name}")
            .ToList();
        return new(applied, pending, migrations, tables, ObjectPlan.For(SchemaObject.All, recorded, tablesChange: pending.Count > 0));
    }

    public async Task ApplyAsync(NpgsqlConnection connection, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetUtcNow();
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            foreach (var statements in Statements())
            {
                await using var command = new NpgsqlCommand(statements, connection, transaction) { CommandTimeout = 0 };
                await command.ExecuteNonQueryAsync(cancellationToken);
            }

            await RecordAsync(connection, started, time.GetUtcNow(), error: null, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (PostgresException e)
        {
            // The rollback also removed the record of the run. A database without any migration has no table to record the failure in.
            if (From is not null)
            {
                await RecordAsync(connection, started, time.GetUtcNow(), e.Message, CancellationToken.None);
            }

            throw;
        }

        // This connection does not know the enums that the migrations created.
        await connection.ReloadTypesAsync(cancellationToken);
    }

    /// <summary>Prints the statements, after comments that name the objects they drop or create.</summary>
    public async Task WriteAsync(TextWriter output)
    {
        foreach (var name in Objects.Dropped.Except(Objects.Created.Select(item => item.Name), StringComparer.Ordinal))
        {
            await output.WriteLineAsync($"-- {name} is dropped");
        }

        foreach (var item in Objects.Created)
        {
            await output.WriteLineAsync(
                $"-- {item.Name} is {(Objects.Dropped.Contains(item.Name, StringComparer.Ordinal) ? "made again" : "made")}"
            );
        }

        foreach (var statements in Statements())
        {
            await output.WriteLineAsync(statements.TrimEnd().TrimEnd(';') + ";");
        }
    }

    private IEnumerable<string> Statements() =>
        [.. Objects.Before(_tables), .. _migrations.Length > 0 ? [_migrations] : Array.Empty<string>(), .. Objects.After];

    private async Task RecordAsync(
        NpgsqlConnection connection,
        DateTimeOffset started,
        DateTimeOffset ended,
        string? error,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO public.migration_runs
              (from_version, to_version, objects, objects_hash, started_at, duration_ms, outcome, error, product_version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            connection
        );
        command.Parameters.Add(
            new() { Value = (object?)(From is null ? null : SchemaVersion.NameOf(From)) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }
        );
        command.Parameters.Add(new() { Value = SchemaVersion.NameOf(To) });
        command.Parameters.Add(Objects.Record());
        command.Parameters.Add(new() { Value = SchemaObject.HashOfAll });
        command.Parameters.Add(new() { Value = started });
        command.Parameters.Add(new() { Value = (decimal)(ended - started).TotalMilliseconds });
        command.Parameters.Add(new() { Value = error is null ? "completed" : "failed" });
        command.Parameters.Add(new() { Value = (object?)error ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = typeof(SchemaChange).Assembly.GetName().Version!.ToString() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
