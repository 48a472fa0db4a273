using Npgsql;
using NpgsqlTypes;
using Wyckoff.MarketData;
using Wyckoff.Primitives;

namespace Wyckoff.Ingestor.Samples;

/// <summary>Writes the sample market into the database, all of it or nothing, and never over a bar that is there.</summary>
internal sealed partial class SampleLoader(NpgsqlDataSource database, ILogger<SampleLoader> logger)
{
    private const string Source = "sample";
    private const long LockKey = 0x53616D706C65; // "Sample": two ingestors at a first start must not both load

    /// <param name="onlyIfEmpty">Leave a database alone that knows any ticker: it is somebody's.</param>
    /// <param name="cancellationToken">Stops the load; nothing of it stays then.</param>
    public async Task LoadAsync(bool onlyIfEmpty, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var take = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection) { Parameters = { new() { Value = LockKey } } };
        await take.ExecuteNonQueryAsync(cancellationToken);
        await using var empty = new NpgsqlCommand("SELECT NOT EXISTS (SELECT FROM market.tickers)", connection);
        if (onlyIfEmpty && await empty.ExecuteScalarAsync(cancellationToken) is false)
        {
            return;
        }

        long bars = 0;
        foreach (var ticker in SampleMarket.Tickers)
        {
            var id = await TickerAsync(connection, ticker, cancellationToken);
            bars += await BarsAsync(connection, id, Timeframe.Day1, SampleMarket.Daily(ticker.Symbol), cancellationToken);
            bars += await BarsAsync(connection, id, Timeframe.Minute1, SampleMarket.Minutes(ticker.Symbol), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        Loaded(bars, SampleMarket.Tickers.Count);
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
            connection)
        {
            Parameters = { new() { Value = ticker.Symbol }, new() { Value = ticker.Name }, new() { Value = ticker.Exchange }, new() { Value = ticker.AssetType }, new() { Value = ticker.TimeZone } },
        };
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<int> BarsAsync(NpgsqlConnection connection, int tickerId, Timeframe timeframe, IReadOnlyList<SampleBar> bars, CancellationToken cancellationToken)
    {
        const string columns = "ticker_id, timestamp, open, high, low, close, volume, trade_count, vwap, spread, spread_ratio, volume_ratio, low_history, source, quality_score";
        var table = $"{MarketDataModel.Schema}.{MarketDataModel.BarsTable(timeframe)}";
        await using (var create = new NpgsqlCommand($"CREATE TEMP TABLE IF NOT EXISTS sample_bars ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA; TRUNCATE sample_bars", connection))
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var copy = await connection.BeginBinaryImportAsync($"COPY sample_bars ({columns}) FROM STDIN (FORMAT binary)", cancellationToken))
        {
            var derivation = new BarDerivation();
            foreach (var bar in bars)
            {
                var derived = derivation.Next(bar.High, bar.Low, bar.Volume);
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(tickerId, cancellationToken);
                await copy.WriteAsync(bar.Timestamp, NpgsqlDbType.TimestampTz, cancellationToken);
                foreach (var value in (decimal[])[bar.Open, bar.High, bar.Low, bar.Close, bar.Volume])
                {
                    await copy.WriteAsync(value, NpgsqlDbType.Numeric, cancellationToken);
                }

                await copy.WriteAsync(bar.TradeCount, cancellationToken);
                foreach (var value in (decimal[])[bar.Vwap, derived.Spread, derived.SpreadRatio, derived.VolumeRatio])
                {
                    await copy.WriteAsync(value, NpgsqlDbType.Numeric, cancellationToken);
                }

                await copy.WriteAsync(derived.LowHistory, cancellationToken);
                await copy.WriteAsync(Source, cancellationToken);
                await copy.WriteAsync(1m, NpgsqlDbType.Numeric, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await using var insert = new NpgsqlCommand($"INSERT INTO {table} ({columns}) SELECT {columns} FROM sample_bars ORDER BY timestamp ON CONFLICT (ticker_id, timestamp) DO NOTHING", connection);
        return await insert.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(2000, LogLevel.Information, "Loaded {Bars} sample bars of {Tickers} tickers (synthetic; start with Wyckoff:Samples=false to go without)")]
    private partial void Loaded(long bars, int tickers);
}
