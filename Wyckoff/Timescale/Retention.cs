using System.Globalization;
using Npgsql;

namespace Wyckoff.Timescale;

/// <summary>
/// Drops rows older than the declared retention, for editions without retention policies. The aggregates are refreshed first. Rows are
/// dropped in whole chunk intervals, even in plain tables, so that no bucket of an aggregate loses part of its rows.
/// </summary>
public static class Retention
{
    // One batch is one transaction. This size keeps transactions short and still handles a day of snapshots.
    private const int BatchSize = 50_000;

    /// <summary>The number of rows or chunks that were dropped from a table.</summary>
    public sealed record Dropped(string Table, long Count, string What);

    /// <summary>
    /// Refreshes the aggregates and applies the retention. Runs as wyckoff_worker on editions without policies. With policies only the
    /// owner may call it, which only makes sense with a clock other than the server's.
    /// </summary>
    public static async Task<IReadOnlyList<Dropped>> RetainAsync(
        NpgsqlConnection connection,
        IReadOnlyList<Hypertable> declared,
        IReadOnlyList<ContinuousAggregate> aggregates,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var edition = await TimescaleEdition.DetectAsync(connection, cancellationToken);
        foreach (var aggregate in aggregates)
        {
            await RefreshAsync(connection, edition, aggregate, now, cancellationToken);
        }

        var dropped = new List<Dropped>();
        foreach (var hypertable in declared)
        {
            if (hypertable.Storage.Retain is not null)
            {
                dropped.Add(await RetainAsync(connection, edition, hypertable, now, cancellationToken));
            }
        }

        return dropped;
    }

    /// <summary>Applies the retention of one table. Its aggregates must be refreshed before: see <see cref="RefreshAsync"/>.</summary>
    public static async Task<Dropped> RetainAsync(
        NpgsqlConnection connection,
        TimescaleEdition edition,
        Hypertable hypertable,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var retain = hypertable.Storage.Retain ?? throw new ArgumentException($"{hypertable.Name} is kept for good.", nameof(hypertable));
        return edition.HasHypertables
            ? new(hypertable.Name, await DropAsync(connection, hypertable, now - retain, cancellationToken), "chunks")
            : new(
                hypertable.Name,
                await DeleteAsync(connection, hypertable, WholeChunks(now - retain, hypertable.Storage.ChunkInterval), cancellationToken),
                "rows"
            );
    }

    /// <summary>Refreshes an aggregate: as its policy would, or with the refresh function of its table.</summary>
    public static async Task RefreshAsync(
        NpgsqlConnection connection,
        TimescaleEdition edition,
        ContinuousAggregate aggregate,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var (from, upTo) = (now - aggregate.Body.RefreshFrom, now - aggregate.Body.RefreshUpTo);
        // Typed literals instead of parameters, because the procedure's arguments have no fixed type.
        var sql = edition.HasPolicies
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"CALL refresh_continuous_aggregate('{aggregate.Name}', "
                    + $"'{from.UtcDateTime:O}'::timestamptz, '{upTo.UtcDateTime:O}'::timestamptz)"
            )
            : string.Create(CultureInfo.InvariantCulture, $"SELECT {aggregate.RefreshFunction}('{now.UtcDateTime:O}'::timestamptz)");
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<long> DeleteAsync(
        NpgsqlConnection connection,
        Hypertable hypertable,
        DateTimeOffset olderThan,
        CancellationToken cancellationToken
    )
    {
        for (var total = 0L; ; )
        {
            var rows = await DropAsync(connection, hypertable, olderThan, cancellationToken);
            total += rows;
            if (rows < BatchSize)
            {
                return total;
            }
        }
    }

    private static async Task<long> DropAsync(
        NpgsqlConnection connection,
        Hypertable hypertable,
        DateTimeOffset olderThan,
        CancellationToken cancellationToken
    )
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // A dropped chunk fires no triggers. Where rows are deleted instead, this setting makes the triggers of trading keep figures and
        // keys.
        await using (var retention = new NpgsqlCommand("SET LOCAL app.retention = 'on'", connection, transaction))
        {
            await retention.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var command = new NpgsqlCommand(
            $"SELECT public.drop_old('{hypertable.Name}', '{hypertable.Storage.TimeColumn}', $1, $2)",
            connection,
            transaction
        )
        {
            CommandTimeout = 0,
            Parameters =
            {
                new() { Value = olderThan.ToUniversalTime() },
                new() { Value = BatchSize },
            },
        };
        var gone = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        return gone;
    }

    /// <summary>
    /// The end of the last chunk that ends at or before <paramref name="instant"/>. Like TimescaleDB, counts chunks from 1970.
    /// </summary>
    internal static DateTimeOffset WholeChunks(DateTimeOffset instant, TimeSpan chunk)
    {
        var sinceEpoch = (instant - DateTimeOffset.UnixEpoch).Ticks;
        return DateTimeOffset.UnixEpoch.AddTicks(sinceEpoch - (((sinceEpoch % chunk.Ticks) + chunk.Ticks) % chunk.Ticks));
    }
}
