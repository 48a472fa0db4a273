using Npgsql;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Writing;

/// <summary>
/// The derivation states of the windows that a transaction writes. A state holds the lookback (the last 20 bars before an instant) and
/// advances with each bar that is written. It comes from the cache or else from the database.
/// </summary>
internal sealed class DerivationStates(NpgsqlConnection connection, LockedWindows windows, DerivationCache cache, bool derive)
{
    private readonly Dictionary<(int TickerId, Timeframe), BarDerivation> _states = [];

    /// <summary>The last bars of a window before an instant, as searched for in a span of time before the instant.</summary>
    private readonly record struct LookbackQuery(WindowBatch Batch, Timeframe Timeframe, long Before, long Since, long Span)
    {
        // No bar is stored earlier than this.
        private long Earliest => Math.Max(Since, IncomingBar.Earliest);

        public long Start => Math.Max(Earliest, Before - Span);

        public bool CanReachFurtherBack => Start > Earliest;
    }

    /// <summary>The state of a window that <see cref="LoadAsync"/> loaded; null when the caller wants no derived fields.</summary>
    public BarDerivation? At(int tickerId, Timeframe timeframe) => derive ? _states[(tickerId, timeframe)] : null;

    /// <summary>Drops the state of a window whose bars the database changes on its own.</summary>
    public void Remove(int tickerId, Timeframe timeframe) => _states.Remove((tickerId, timeframe));

    /// <summary>Caches the states at the end of the windows. To be called after the commit.</summary>
    public void SaveToCache()
    {
        foreach (var ((tickerId, timeframe), state) in _states)
        {
            cache.Set(tickerId, timeframe, windows.Find(tickerId, timeframe)!.Value.Version, state);
        }
    }

    /// <summary>Makes the states of several windows available, each as of an instant.</summary>
    public async Task LoadAsync(
        IReadOnlyList<(WindowBatch Batch, Timeframe Timeframe, long Before)> wanted,
        CancellationToken cancellationToken
    )
    {
        if (!derive)
        {
            return;
        }

        var queries = new List<LookbackQuery>();
        foreach (var (batch, timeframe, before) in wanted)
        {
            var key = (batch.Ticker.Id, timeframe);
            if (windows.Find(batch.Ticker.Id, timeframe) is not { } window || window.Since >= before)
            {
                _states[key] = new(timeframe, batch.Clock);
            }
            else if (window.Until > before || !_states.ContainsKey(key))
            {
                if (window.Until <= before && cache.Find(batch.Ticker.Id, timeframe, window.Version) is { } cached)
                {
                    _states[key] = cached;
                }
                else
                {
                    // Contains 20 bars of a market that is open six hours on five days a week. The span grows if that is too short.
                    var span = Math.Max(4 * Timeframe.Day1.Microseconds, 120 * timeframe.Microseconds);
                    queries.Add(new(batch, timeframe, before, window.Since, span));
                }
            }
        }

        while (queries.Count > 0)
        {
            queries = await QueryAsync(queries, cancellationToken);
        }
    }

    // Returns the queries that found too few bars, with a longer span.
    private async Task<List<LookbackQuery>> QueryAsync(List<LookbackQuery> queries, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var query in queries)
        {
            batch.BatchCommands.Add(
                new(
                    $"""
                    SELECT timestamp, high, low, close, volume
                      FROM {MarketSchema.QualifiedBarsTable(query.Timeframe)}
                     WHERE ticker_id = $1 AND timestamp >= $2 AND timestamp < $3
                     ORDER BY timestamp DESC LIMIT {BarDerivation.Lookback}
                    """
                )
                {
                    Parameters =
                    {
                        new() { Value = query.Batch.Ticker.Id },
                        new() { Value = SqlTime.Of(query.Start) },
                        new() { Value = SqlTime.Of(query.Before) },
                    },
                }
            );
        }

        var tooFew = new List<LookbackQuery>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var query in queries)
        {
            var bars = new List<IncomingBar>(BarDerivation.Lookback);
            while (await reader.ReadAsync(cancellationToken))
            {
                bars.Add(
                    new(
                        SqlTime.Read(reader, 0)!.Value,
                        0,
                        Amount(reader.GetDecimal(1)),
                        Amount(reader.GetDecimal(2)),
                        Amount(reader.GetDecimal(3)),
                        (Int128)(reader.GetDecimal(4) * IncomingBar.One)
                    )
                );
            }

            await reader.NextResultAsync(cancellationToken);
            if (bars.Count < BarDerivation.Lookback && query.CanReachFurtherBack)
            {
                tooFew.Add(query with { Span = query.Span * 8 });
                continue;
            }

            var state = new BarDerivation(query.Timeframe, query.Batch.Clock);
            for (var i = bars.Count - 1; i >= 0; i--)
            {
                state.Next(bars[i]);
            }

            _states[(query.Batch.Ticker.Id, query.Timeframe)] = state;
        }

        return tooFew;

        static long Amount(decimal value) => (long)(value * IncomingBar.One);
    }
}
