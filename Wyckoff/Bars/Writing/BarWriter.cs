using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StackExchange.Redis;
using Wyckoff.Bars.Caching;
using Wyckoff.Primitives;
using Wyckoff.Redis;
using Wyckoff.Telemetry;
using Wyckoff.Tickers;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// Writes bars: with all that follows from them, in one transaction, or not at all. Bars where none are stored are copied straight into their table; otherwise what is
/// stored is read and compared first, and only what differs is written, so that doing it again changes nothing.
/// </summary>
/// <remarks>
/// Under the locks of a ticker nobody else writes its bars, so what was probed stays true until the commit. <c>bar_windows</c> tells how far stored bars reach without
/// looking at them, and its version whether what an earlier write remembered of their end still holds.
/// </remarks>
public sealed class BarWriter(
    NpgsqlDataSource source,
    TickerDirectory tickers,
    RedisConnection? redis = null,
    ILogger<BarWriter>? logger = null,
    WindowVersions? versions = null
)
{
    /// <summary>Where a change is announced: <c>ticker id:timeframe:version</c>. It only says "look": a message that is lost costs time, never truth.</summary>
    public const string Channel = "wyckoff:bars";

    private const int Attempts = 8;

    /// <summary>Marks a unique violation in what the caller writes: it would come again each time.</summary>
    private const string OfCaller = "Wyckoff.OfCaller";

    private readonly BarTails _tails = new();
    private readonly ILogger _logger = logger ?? NullLogger<BarWriter>.Instance;

    /// <exception cref="ArgumentException">A bar breaks a rule, is not on its grid, or is of a ticker that does not exist.</exception>
    /// <exception cref="BarConflictException">Under <see cref="ConflictPolicy.Fail"/>.</exception>
    public async Task<BarWriteResult> WriteAsync(IReadOnlyList<BarSet> sets, BarWriteOptions options, CancellationToken cancellationToken)
    {
        Guard.Text(options.Source, 20, nameof(options));
        if (options.Source == Aggregated)
        {
            throw new ArgumentException($"The source '{Aggregated}' is the writer's own.", nameof(options));
        }

        var batch = new List<BarWork>();
        foreach (var group in sets.Where(set => !set.Bars.IsEmpty).GroupBy(set => (set.TickerId, set.Timeframe)))
        {
            var ticker =
                await tickers.FindAsync(group.Key.TickerId, cancellationToken)
                ?? throw new ArgumentException($"There is no ticker {group.Key.TickerId}.", nameof(sets));
            batch.Add(BarWork.Of(ticker, group.Key.Timeframe, [.. group.Select(set => set.Bars)]));
        }

        // The order of the locks.
        batch.Sort((a, b) => a.LockKey.CompareTo(b.LockKey));
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var result = await OnceAsync(batch, options, cancellationToken);
                Announce(result);
                return result;
            }
            catch (PostgresException e) when (attempt < Attempts && IsCollision(e) && !e.Data.Contains(OfCaller))
            {
                // The compression job and a writer of the same chunk can deadlock; and bars that somebody wrote past the windows are found by looking.
                _logger.BarsCollided(e.SqlState, attempt);
                _tails.Forget();
                await Task.Delay(TimeSpan.FromMilliseconds((attempt * 10) + (batch[0].LockKey % 17)), cancellationToken);
            }
        }
    }

    internal const string Aggregated = "aggregated";

    private static bool IsCollision(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.UniqueViolation;

    private async Task<BarWriteResult> OnceAsync(List<BarWork> batch, BarWriteOptions options, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (options.Before is { } before)
        {
            await CallAsync(() => before(connection, cancellationToken));
        }

        var write = new BarTransaction(connection, options, _tails);
        if (batch.Count > 0)
        {
            var missing = await write.LockAsync([.. batch.Select(work => work.Ticker.Id).Distinct()], cancellationToken);
            if (missing.Count > 0)
            {
                missing.ForEach(tickers.Forget);
                throw new InvalidOperationException(
                    $"The ticker {batch.First(work => work.Ticker.Id == missing[0]).Ticker.Symbol} was deleted meanwhile."
                );
            }

            // Finest first, so that what was aggregated gives way to what a coarser set says itself.
            foreach (var level in batch.GroupBy(work => work.Timeframe).OrderBy(level => level.Key.Width))
            {
                await write.WriteAsync(level.Key, [.. level], cancellationToken);
            }
        }

        var result = write.Result(batch.Sum(work => work.Duplicates));
        if (options.After is { } after)
        {
            await CallAsync(() => after(connection, result, cancellationToken));
        }

        await transaction.CommitAsync(cancellationToken);
        write.Remember();
        return result;
    }

    // A deadlock or a serialization failure in a callback is a collision like any other: the whole transaction is worth another try.
    private static async Task CallAsync(Func<Task> callback)
    {
        try
        {
            await callback();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            e.Data[OfCaller] = true;
            throw;
        }
    }

    private void Announce(BarWriteResult result)
    {
        // Before the result is returned, so that reads through this process see what was written through it.
        foreach (var change in result.Changes)
        {
            versions?.Raise(change.TickerId, change.Timeframe, change.Version);
        }

        if (redis?.Current is not { } multiplexer)
        {
            return;
        }

        var subscriber = multiplexer.GetSubscriber();
        foreach (var change in result.Changes)
        {
            subscriber.Publish(
                new RedisChannel(Channel, RedisChannel.PatternMode.Literal),
                $"{change.TickerId}:{change.Timeframe}:{change.Version}",
                CommandFlags.FireAndForget
            );
        }
    }
}
