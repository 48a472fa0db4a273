using System.Text.Json;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.Configuration;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Timescale;

namespace Wyckoff.MigrationService;

/// <summary>
/// The declarations of the model. Building the model takes most of the time of a run that changes nothing, so the declarations are cached
/// in the database, for the same build only.
/// </summary>
/// <param name="Objects">The names of tables, columns, constraints and indexes.</param>
/// <param name="Hypertables">The declared hypertables, before configuration is applied.</param>
/// <param name="Aggregates">The declared aggregates, before configuration is applied.</param>
internal sealed record DeclaredSchema(
    IReadOnlyList<string> Objects,
    IReadOnlyList<Hypertable> Hypertables,
    IReadOnlyList<ContinuousAggregate> Aggregates
)
{
    private const string Table = "public.declared_schema";

    // The compiler is deterministic: equal sources get the same id, different sources another.
    private static readonly Guid Build = typeof(WyckoffDbContext).Assembly.ManifestModule.ModuleVersionId;

    public static DeclaredSchema Of(WyckoffDbContext context)
    {
        // The design-time model, which migrations use too.
        var model = context.GetService<IDesignTimeModel>().Model;
        return new([.. DeclaredObjects.Of(model)], model.Hypertables(), model.ContinuousAggregates());
    }

    /// <summary>Reads the declarations that this build cached in the database; null when there are none.</summary>
    public static async Task<DeclaredSchema?> KeptAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand($"SELECT to_regclass('{Table}') IS NOT NULL", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return null;
        }

        await using var command = new NpgsqlCommand($"SELECT declared::text FROM {Table} WHERE build = $1", connection)
        {
            Parameters = { new() { Value = Build } },
        };
        return await command.ExecuteScalarAsync(cancellationToken) is string json ? JsonSerializer.Deserialize<DeclaredSchema>(json) : null;
    }

    public async Task KeepAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            WITH others AS (DELETE FROM {Table} WHERE build <> $1)
            INSERT INTO {Table} (build, declared) VALUES ($1, $2)
            ON CONFLICT (build) DO NOTHING
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = Build },
                new() { Value = JsonSerializer.Serialize(this), NpgsqlDbType = NpgsqlDbType.Jsonb },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public DeclaredSchema With(IConfiguration configuration) =>
        this with
        {
            Hypertables = Hypertables.Configured(configuration),
            Aggregates = Aggregates.Configured(configuration),
        };
}
