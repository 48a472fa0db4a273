using System.Data;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Primitives;

namespace Wyckoff.Ingestor.Samples;

/// <summary>Writes all bars of the sample market in one transaction and leaves existing bars unchanged.</summary>
internal sealed partial class SampleLoader(NpgsqlDataSource database, BarWriter writer, ILogger<SampleLoader> logger)
{
    private const string Source = "sample";
    private const long LockKey = 0x53616D706C65; // "Sample". The lock keeps two replicas from loading at the same time.

    /// <summary>Loads the sample data.</summary>
    /// <param name="onlyIfEmpty">Loads nothing into a database in use: one with bars or with tickers other than the sample tickers.</param>
    /// <param name="cancellationToken">Stops the load and rolls it back.</param>
    public async Task LoadAsync(bool onlyIfEmpty, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        // The lock belongs to this session and not to a transaction, because the writer commits on other connections.
        await using var take = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection) { Parameters = { new() { Value = LockKey } } };
        await take.ExecuteNonQueryAsync(cancellationToken);
        try
        {
            await using var empty = new NpgsqlCommand(
                """
                SELECT NOT EXISTS (SELECT FROM market.bar_windows)
                   AND NOT EXISTS (SELECT FROM market.tickers WHERE symbol <> ALL ($1))
                """,
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
            // The overview would stay empty until the next maintenance round, minutes after the first start.
            await using var refresh = new NpgsqlCommand("SELECT market.refresh_overview()", connection);
            await refresh.ExecuteNonQueryAsync(cancellationToken);
            Loaded(result.Inserted, SampleMarket.Tickers.Count);
        }
        finally
        {
            // A broken connection has no lock to release. Using it would replace the original exception by another one.
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
        "Loaded {Bars} sample bars of {Tickers} tickers (synthetic; Wyckoff:Samples=false turns them off)"
    )]
    private partial void Loaded(long bars, int tickers);
}
