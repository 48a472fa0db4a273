using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StackExchange.Redis;
using Wyckoff.Bars.Caching;
using Wyckoff.Primitives;
using Wyckoff.Redis;
using Wyckoff.Tickers;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// Writes bars together with their derived fields and the coarser bars, in one transaction. Bars after the end of their window are copied
/// straight into the table. Other bars are compared with the stored ones first, and only differences are written, so writing the same bars
/// again changes nothing.
/// </summary>
/// <remarks>
/// The bars of a ticker are written only under its locks, so whatever was read stays valid until the commit. <c>bar_windows</c> tells how
/// far the stored bars reach, and its version tells whether a cached derivation state is still valid.
/// </remarks>
public sealed class BarWriter(
    NpgsqlDataSource source,
    TickerDirectory tickers,
    RedisConnection? redis = null,
    ILogger<BarWriter>? logger = null,
    WindowVersions? versions = null
)
{
    /// <summary>
    /// The Redis channel for changes; a message is <c>ticker id:timeframe:version</c>. It is only a hint to look at the database, so a lost
    /// message delays subscribers but loses no change.
    /// </summary>
    public const string Channel = "wyckoff:bars";

    private const int Attempts = 8;

    /// <summary>Marks a unique violation in a callback of the caller. It is not retried, because it would happen again.</summary>
    private const string FromCallback = "Wyckoff.FromCallback";

    private readonly DerivationCache _derivations = new();
    private readonly ILogger _logger = logger ?? NullLogger<BarWriter>.Instance;

    /// <exception cref="ArgumentException">A bar breaks a rule, is not aligned to its timeframe, or its ticker does not exist.</exception>
    /// <exception cref="BarConflictException">Under <see cref="ConflictPolicy.Fail"/>.</exception>
    public async Task<BarWriteResult> WriteAsync(IReadOnlyList<BarSet> sets, BarWriteOptions options, CancellationToken cancellationToken)
    {
        Guard.Text(options.Source, 20, nameof(options));
        if (options.Source == Aggregated)
        {
            throw new ArgumentException($"The source '{Aggregated}' is the writer's own.", nameof(options));
        }

        var batch = new List<WindowBatch>();
        foreach (var group in sets.Where(set => !set.Bars.IsEmpty).GroupBy(set => (set.TickerId, set.Timeframe)))
        {
            var ticker =
                await tickers.FindAsync(group.Key.TickerId, cancellationToken)
                ?? throw new ArgumentException($"There is no ticker {group.Key.TickerId}.", nameof(sets));
            batch.Add(WindowBatch.Of(ticker, group.Key.Timeframe, [.. group.Select(set => set.Bars)]));
        }

        // Batches are processed in the order of the locks.
        batch.Sort((a, b) => a.LockKey.CompareTo(b.LockKey));
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var result = await TryWriteAsync(batch, options, cancellationToken);
                Announce(result.Changes);
                return result;
            }
            catch (PostgresException e) when (attempt < Attempts && IsCollision(e) && !e.Data.Contains(FromCallback))
            {
                // A deadlock with the compression job on a chunk, or a collision with a program that writes bars without the locks. Such a
                // program may also have changed bars without raising their version, so the cached states are dropped.
                _logger.BarsCollided(e.SqlState, attempt);
                _derivations.Clear();
                await Task.Delay(TimeSpan.FromMilliseconds((attempt * 10) + (batch[0].LockKey % 17)), cancellationToken);
            }
        }
    }

    internal const string Aggregated = "aggregated";

    /// <summary>Whether a transaction collided with another one and may be repeated.</summary>
    internal static bool IsCollision(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.UniqueViolation;

    private async Task<BarWriteResult> TryWriteAsync(List<WindowBatch> batch, BarWriteOptions options, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (options.Before is { } before)
        {
            await CallAsync(() => before(connection, cancellationToken));
        }

        var bars = new BarTransaction(connection, options, _derivations);
        if (batch.Count > 0)
        {
            var missing = await bars.LockAsync([.. batch.Select(part => part.Ticker.Id).Distinct()], cancellationToken);
            if (missing.Count > 0)
            {
                missing.ForEach(tickers.Forget);
                throw new InvalidOperationException(
                    $"The ticker {batch.First(part => part.Ticker.Id == missing[0]).Ticker.Symbol} was deleted meanwhile."
                );
            }

            // The batches were checked with cached tickers.
            if (batch.Find(part => part.HasNegative && !bars.AllowsNegative(part.Ticker.Id)) is { } refused)
            {
                tickers.Forget(refused.Ticker.Id);
                throw new InvalidOperationException($"The ticker {refused.Ticker.Symbol} does not allow negative prices any more.");
            }

            // Finest timeframe first, so that coarser bars of the batch replace the bars aggregated from finer ones.
            foreach (var level in batch.GroupBy(part => part.Timeframe).OrderBy(level => level.Key.Width))
            {
                await bars.WriteAsync(level.Key, [.. level], cancellationToken);
            }
        }

        var result = bars.Result(batch.Sum(part => part.Duplicates));
        if (options.After is { } after)
        {
            await CallAsync(() => after(connection, result, cancellationToken));
        }

        await transaction.CommitAsync(cancellationToken);
        bars.Committed();
        return result;
    }

    // Deadlocks and serialization failures in a callback are retried like others. Unique violations are not.
    private static async Task CallAsync(Func<Task> callback)
    {
        try
        {
            await callback();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            e.Data[FromCallback] = true;
            throw;
        }
    }

    /// <summary>Tells this process and, through Redis, the others about changes that are committed.</summary>
    internal void Announce(IReadOnlyList<WrittenRange> changes)
    {
        // Raised before the result is returned, so that reads through this process see their own writes.
        foreach (var change in changes)
        {
            versions?.Raise(change.TickerId, change.Timeframe, change.Version);
        }

        if (redis?.Current is not { } multiplexer)
        {
            return;
        }

        var subscriber = multiplexer.GetSubscriber();
        foreach (var change in changes)
        {
            subscriber.Publish(
                new RedisChannel(Channel, RedisChannel.PatternMode.Literal),
                $"{change.TickerId}:{change.Timeframe}:{change.Version}",
                CommandFlags.FireAndForget
            );
        }
    }
}
