using System.Text.Json;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.Configuration;
using Npgsql;
using NpgsqlTypes;
using Wyckoff.Timescale;

namespace Wyckoff.MigrationService;

/// <summary>
/// What the model declares. To build the model takes most of the time of a start that changes nothing, so what was found in it is kept in the database, for
/// the same build alone.
/// </summary>
/// <param name="Objects">The names of tables, columns, constraints and indexes.</param>
/// <param name="Hypertables">As declared, before configuration.</param>
/// <param name="Aggregates">The same.</param>
internal sealed record DeclaredSchema(
    IReadOnlyList<string> Objects,
    IReadOnlyList<Hypertable> Hypertables,
    IReadOnlyList<ContinuousAggregate> Aggregates
)
{
    private const string Table = "public.declared_schema";

    // Compilers give the same id to the same source, and another to any other.
    private static readonly Guid Build = typeof(WyckoffDbContext).Assembly.ManifestModule.ModuleVersionId;

    public static DeclaredSchema Of(WyckoffDbContext context)
    {
        // The model that migrations go by.
        var model = context.GetService<IDesignTimeModel>().Model;
        return new([.. DeclaredObjects.Of(model)], model.Hypertables(), model.ContinuousAggregates());
    }

    /// <summary>What this build has kept in the database; null when it has not.</summary>
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
            $"WITH others AS (DELETE FROM {Table} WHERE build <> $1) INSERT INTO {Table} (build, declared) VALUES ($1, $2) ON CONFLICT (build) DO NOTHING",
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
