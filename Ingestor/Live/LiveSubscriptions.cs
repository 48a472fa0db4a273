using Npgsql;
using Wyckoff.Live;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Ingestor.Live;

/// <summary>Reads from <c>market.feeds</c> what is to be subscribed live, and from where on each has to be repaired.</summary>
internal sealed class LiveSubscriptions(NpgsqlDataSource source, TickerDirectory tickers)
{
    // Without a stored bar the stream repairs the last day only; the scheduled sync fetches the bars before it.
    private static readonly TimeSpan InitialRepair = TimeSpan.FromDays(1);

    /// <summary>Returns the live subscriptions, and the number of feeds marked live whose timeframe no stream has.</summary>
    public async Task<(IReadOnlyList<LiveSubscription> Subscriptions, int Unsupported)> ReadAsync(
        string provider,
        IReadOnlySet<string> fromTrades,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var rows = new List<(int TickerId, Timeframe Timeframe, DateTimeOffset Since, DateTimeOffset? Until, DateTimeOffset? Covered)>();
        // There may be a gap before the newest bar if a process died during a repair. The coverage has no such gap, so the earlier of the
        // two counts.
        await using (
            var command = source.CreateCommand(
                """
                SELECT f.ticker_id, f.timeframe, f.since, w.until, upper(c.covered)
                  FROM market.feeds f
                  LEFT JOIN market.bar_windows w USING (ticker_id, timeframe)
                  LEFT JOIN market.sync_coverage c
                    ON c.ticker_id = f.ticker_id AND c.timeframe = f.timeframe AND c.source = f.provider AND NOT isempty(c.covered)
                 WHERE f.provider = $1 AND f.live AND f.enabled
                """
            )
        )
        {
            command.Parameters.Add(new() { Value = provider });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(
                    (
                        reader.GetInt32(0),
                        Timeframe.Parse(reader.GetString(1)),
                        await reader.GetFieldValueAsync<DateTimeOffset>(2, cancellationToken),
                        await OptionalAsync(reader, 3, cancellationToken),
                        await OptionalAsync(reader, 4, cancellationToken)
                    )
                );
            }
        }

        var subscriptions = new List<LiveSubscription>();
        foreach (var (tickerId, timeframe, since, until, covered) in rows.Where(row => LiveSubscription.CanBeLive(row.Timeframe)))
        {
            // The ticker was deleted after the query, and its subscriptions with it.
            if (await tickers.FindAsync(tickerId, cancellationToken) is not { } ticker)
            {
                continue;
            }

            var newest = until - timeframe.Width;
            var repairFrom = (newest < covered ? newest : covered) ?? newest ?? covered ?? now - InitialRepair;
            repairFrom = repairFrom < since ? since : repairFrom;
            subscriptions.Add(
                new(ticker, timeframe, repairFrom < now ? repairFrom : now, !timeframe.IsDaily && fromTrades.Contains(ticker.Symbol.Value))
            );
        }

        return (subscriptions, rows.Count - subscriptions.Count);
    }

    private static async Task<DateTimeOffset?> OptionalAsync(NpgsqlDataReader reader, int column, CancellationToken cancellationToken) =>
        await reader.IsDBNullAsync(column, cancellationToken)
            ? null
            : await reader.GetFieldValueAsync<DateTimeOffset>(column, cancellationToken);
}
