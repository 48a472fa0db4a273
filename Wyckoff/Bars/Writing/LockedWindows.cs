using Npgsql;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// Locks the windows of the tickers that a transaction writes, and tracks their versions and how far their stored bars reach.
/// </summary>
internal sealed class LockedWindows(NpgsqlConnection connection)
{
    private readonly Dictionary<(int TickerId, Timeframe), WindowState> _states = [];
    private readonly HashSet<int> _allowingNegative = [];

    /// <summary>The version of a window. All its stored bars lie in [Since, Until).</summary>
    public readonly record struct WindowState(long Version, long Since, long Until);

    /// <summary>
    /// Locks tickers and all their windows, in the order that every writer keeps, and reads the state of the windows. Returns the tickers
    /// that do not exist.
    /// </summary>
    public async Task<List<int>> LockAsync(int[] tickerIds, CancellationToken cancellationToken)
    {
        Array.Sort(tickerIds);
        // All timeframes are locked: coarser bars are rolled up, and rolling up days reads the finer bars.
        var keys = tickerIds.SelectMany(id => Timeframe.Stored.Select(timeframe => BarWindow.LockKey(id, timeframe))).ToArray();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SELECT id, allows_negative FROM market.tickers WHERE id = ANY($1) ORDER BY id FOR KEY SHARE")
                {
                    Parameters = { new() { Value = tickerIds } },
                },
                new("SELECT count(pg_advisory_xact_lock(key)) FROM unnest($1) key") { Parameters = { new() { Value = keys } } },
                new(CompressedChunks.LiftLimitSql),
                new("SELECT ticker_id, timeframe, version, since, until FROM market.bar_windows WHERE ticker_id = ANY($1)")
                {
                    Parameters = { new() { Value = tickerIds } },
                },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var missing = tickerIds.ToList();
        while (await reader.ReadAsync(cancellationToken))
        {
            missing.Remove(reader.GetInt32(0));
            if (reader.GetBoolean(1))
            {
                _allowingNegative.Add(reader.GetInt32(0));
            }
        }

        await reader.NextResultAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            _states[(reader.GetInt32(0), Timeframe.Parse(reader.GetString(1)))] = new(
                reader.GetInt64(2),
                // NULL bounds: the range of the stored bars is unknown, so it is treated as unbounded.
                SqlTime.Read(reader, 3) ?? long.MinValue,
                SqlTime.Read(reader, 4) ?? long.MaxValue
            );
        }

        return missing;
    }

    /// <summary>Whether a locked ticker allows zero and negative prices. It does until the commit: the lock forbids a change.</summary>
    public bool AllowsNegative(int tickerId) => _allowingNegative.Contains(tickerId);

    /// <summary>The state of a window; null when the window has never had a bar.</summary>
    public WindowState? Find(int tickerId, Timeframe timeframe) => _states.TryGetValue((tickerId, timeframe), out var state) ? state : null;

    /// <summary>All stored bars of a window are before this time.</summary>
    public long Until(int tickerId, Timeframe timeframe) => Find(tickerId, timeframe)?.Until ?? long.MinValue;

    /// <summary>Takes note that this transaction changed bars of a window and raised its version.</summary>
    public void Changed(in WindowRange range, long version)
    {
        _states[(range.TickerId, range.Timeframe)] = Find(range.TickerId, range.Timeframe) is { } state
            ? new(version, Math.Min(state.Since, range.From), Math.Max(state.Until, range.Until))
            : new(version, range.From, range.Until);
    }
}
