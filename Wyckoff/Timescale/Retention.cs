using System.Globalization;
using Npgsql;

namespace Wyckoff.Timescale;

/// <summary>
/// Drops what is older than declared, for editions whose database does not do it by itself. In whole chunks on every edition, also where there are none, so that
/// no bucket of an aggregate is ever cut in two; and not before the aggregates have what they need of it.
/// </summary>
public static class Retention
{
    // One batch is one transaction: small enough to let others in between, large enough to get through a day of snapshots.
    private const int BatchSize = 50_000;

    /// <summary>How many rows or chunks of a table are gone.</summary>
    public sealed record Dropped(string Table, long Count, string What);

    /// <summary>As wyckoff_worker where the edition has no policies; where it has them, only the owner may, and only a clock other than the server's is a reason to.</summary>
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

    /// <summary>The same of one table. What is summed up from it has to be up to date: see <see cref="RefreshAsync"/>.</summary>
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

    /// <summary>Brings an aggregate up to date, whatever keeps it: what its policy would do, or the function beside its table.</summary>
    public static async Task RefreshAsync(
        NpgsqlConnection connection,
        TimescaleEdition edition,
        ContinuousAggregate aggregate,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var (from, upTo) = (now - aggregate.Body.RefreshFrom, now - aggregate.Body.RefreshUpTo);
        // A procedure that commits takes no parameters' types on trust: literals.
        var sql = edition.HasPolicies
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"CALL refresh_continuous_aggregate('{aggregate.Name}', '{from.UtcDateTime:O}'::timestamptz, '{upTo.UtcDateTime:O}'::timestamptz)"
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
        // A dropped chunk fires no trigger. Where rows are deleted instead, the triggers of trading have to know that this takes no figure and no key back.
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

    /// <summary>The end of the last chunk that ends at <paramref name="instant"/> or before, chunks being counted from 1970 as TimescaleDB does.</summary>
    internal static DateTimeOffset WholeChunks(DateTimeOffset instant, TimeSpan chunk)
    {
        var sinceEpoch = (instant - DateTimeOffset.UnixEpoch).Ticks;
        return DateTimeOffset.UnixEpoch.AddTicks(sinceEpoch - (((sinceEpoch % chunk.Ticks) + chunk.Ticks) % chunk.Ticks));
    }
}
