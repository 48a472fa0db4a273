using Npgsql;
using Wyckoff.Live;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Ingestor.Live;

/// <summary>Which feeds are to be streamed, and up to where each is stored.</summary>
internal sealed class LiveSubscriptions(NpgsqlDataSource source, TickerDirectory tickers)
{
    // Before a first bar, the schedule fetches the past; the stream looks after the last day only.
    private static readonly TimeSpan FirstDay = TimeSpan.FromDays(1);

    /// <summary>The feeds, and how many have a timeframe that no stream has.</summary>
    public async Task<(IReadOnlyList<LiveSubscription> Feeds, int Others)> ReadAsync(
        string provider,
        IReadOnlySet<string> fromTrades,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var rows = new List<(int TickerId, Timeframe Timeframe, DateTimeOffset Since, DateTimeOffset? Until, DateTimeOffset? Covered)>();
        // The newest bar may stand behind a hole that a process left when it died in the middle of a repair; what the provider has answered for does not.
        await using (
            var command = source.CreateCommand(
                """
                SELECT f.ticker_id, f.timeframe, f.since, w.until, upper(c.covered)
                  FROM market.feeds f
                  LEFT JOIN market.bar_windows w USING (ticker_id, timeframe)
                  LEFT JOIN market.sync_coverage c ON c.ticker_id = f.ticker_id AND c.timeframe = f.timeframe AND c.source = f.provider AND NOT isempty(c.covered)
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

        var feeds = new List<LiveSubscription>();
        foreach (var (tickerId, timeframe, since, until, covered) in rows.Where(row => LiveSubscription.CanBeLive(row.Timeframe)))
        {
            // A ticker that is deleted takes its feeds with it.
            if (await tickers.FindAsync(tickerId, cancellationToken) is not { } ticker)
            {
                continue;
            }

            var newest = until - timeframe.Width;
            var known = (newest < covered ? newest : covered) ?? newest ?? covered ?? now - FirstDay;
            known = known < since ? since : known;
            feeds.Add(new(ticker, timeframe, known < now ? known : now, !timeframe.IsDaily && fromTrades.Contains(ticker.Symbol.Value)));
        }

        return (feeds, rows.Count - feeds.Count);
    }

    private static async Task<DateTimeOffset?> OptionalAsync(NpgsqlDataReader reader, int column, CancellationToken cancellationToken) =>
        await reader.IsDBNullAsync(column, cancellationToken)
            ? null
            : await reader.GetFieldValueAsync<DateTimeOffset>(column, cancellationToken);
}
