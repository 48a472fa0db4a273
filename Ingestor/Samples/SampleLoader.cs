using System.Data;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Ingestor.Samples;

/// <summary>Writes the sample market into the database, all bars of it or none, and never over a bar that is there.</summary>
internal sealed partial class SampleLoader(NpgsqlDataSource database, BarWriter writer, ILogger<SampleLoader> logger)
{
    private const string Source = "sample";
    private const long LockKey = 0x53616D706C65; // "Sample": two ingestors at a first start must not both load

    /// <param name="onlyIfEmpty">Leave a database alone that has any bars, or knows any ticker but these: it is somebody's.</param>
    /// <param name="cancellationToken">Stops the load; no bar of it stays then.</param>
    public async Task LoadAsync(bool onlyIfEmpty, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        // Of the session: closing the connection gives it up, whatever happens.
        await using var take = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection) { Parameters = { new() { Value = LockKey } } };
        await take.ExecuteNonQueryAsync(cancellationToken);
        try
        {
            await using var empty = new NpgsqlCommand(
                "SELECT NOT EXISTS (SELECT FROM market.bar_windows) AND NOT EXISTS (SELECT FROM market.tickers WHERE symbol <> ALL ($1))",
                connection
            )
            {
                Parameters = { new() { Value = SampleMarket.Tickers.Select(ticker => ticker.Symbol).ToArray() } },
            };
            if (onlyIfEmpty && await empty.ExecuteScalarAsync(cancellationToken) is false)
            {
                return;
            }

            var sets = new List<BarSet>();
            foreach (var ticker in SampleMarket.Tickers)
            {
                var id = await TickerAsync(connection, ticker, cancellationToken);
                sets.Add(new(id, Timeframe.Day1, Bars(SampleMarket.Daily(ticker.Symbol))));
                sets.Add(new(id, Timeframe.Minute1, Bars(SampleMarket.Minutes(ticker.Symbol))));
            }

            var result = await writer.WriteAsync(sets, new() { Source = Source }, cancellationToken);
            // Maintenance does it every few minutes; who has just started would find it empty until then.
            await using var refresh = new NpgsqlCommand("SELECT market.refresh_overview()", connection);
            await refresh.ExecuteNonQueryAsync(cancellationToken);
            Loaded(result.Inserted, SampleMarket.Tickers.Count);
        }
        finally
        {
            // A connection that broke has taken the lock with it, and the exception that says so must not be replaced by another.
            if (connection.State == ConnectionState.Open)
            {
                await using var give = new NpgsqlCommand("SELECT pg_advisory_unlock($1)", connection)
                {
                    Parameters = { new() { Value = LockKey } },
                };
                await give.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }
    }

    private static async Task<int> TickerAsync(NpgsqlConnection connection, SampleTicker ticker, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH added AS (
              INSERT INTO market.tickers (symbol, name, exchange, asset_type, timezone) VALUES ($1, $2, $3, $4, $5)
              ON CONFLICT (symbol) DO NOTHING RETURNING id)
            SELECT id FROM added UNION ALL SELECT id FROM market.tickers WHERE symbol = $1 LIMIT 1
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = ticker.Symbol },
                new() { Value = ticker.Name },
                new() { Value = ticker.Exchange },
                new() { Value = ticker.AssetType },
                new() { Value = ticker.TimeZone },
            },
        };
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static IncomingBar[] Bars(IReadOnlyList<SampleBar> bars) =>
        [
            .. bars.Select(bar =>
                IncomingBar.TryCreate(
                    bar.Timestamp,
                    bar.Open,
                    bar.High,
                    bar.Low,
                    bar.Close,
                    bar.Volume,
                    bar.TradeCount,
                    bar.Vwap,
                    out var incoming
                )
                    is { } fault
                    ? throw new InvalidOperationException($"The sample bar of {bar.Timestamp:O}: {fault}.")
                    : incoming
            ),
        ];

    [LoggerMessage(
        2000,
        LogLevel.Information,
        "Loaded {Bars} sample bars of {Tickers} tickers (synthetic; start with Wyckoff:Samples=false to go without)"
    )]
    private partial void Loaded(long bars, int tickers);
}
