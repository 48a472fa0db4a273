namespace Wyckoff.Tests.Web.Market;

/// <summary>The web page over the sample data and some tickers more: enough for two pages, symbols that addresses have to escape.</summary>
public sealed class MarketSample : IAsyncLifetime
{
    /// <summary>The active tickers: three of the sample, two with awkward symbols, sixty to fill pages.</summary>
    public const int ActiveTickers = 3 + 2 + 60;

    private readonly SampleWeb _web = new();

    public Uri Address => _web.Address;

    public TestDatabase Database => _web.Database;

    internal HttpClient Api => _web.Api.Client;

    public async ValueTask InitializeAsync()
    {
        await _web.InitializeAsync();
        await Database.ExecuteAsync(
            """
            INSERT INTO market.tickers (symbol, name, asset_type, timezone, is_active) VALUES
              ('BTC/USDT', 'Bitcoin', 'crypto', 'UTC', true), ('^GSPC', 'S&P 500 <index>', 'index', 'UTC', true),
              ('IDLE', NULL, 'stock', 'UTC', false);
            INSERT INTO market.tickers (symbol, name, timezone)
            SELECT 'T' || lpad(n::text, 3, '0'), 'Ticker ' || n, 'UTC' FROM generate_series(1, 60) n;
            -- T001 falls by 1 % on its last day, T002 by 2 %; the two others rise.
            INSERT INTO ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume)
            SELECT symbol, '1d', timestamptz '2024-11-01Z' + day * interval '1 day', close, close * 1.01, close * 0.99, close, 1234567
              FROM (SELECT symbol, day, round(100 * CASE
                             WHEN symbol LIKE 'T%' AND day = 39 THEN 1 - substr(symbol, 2)::int / 100.0
                             WHEN symbol LIKE 'T%' THEN 1
                             ELSE 300 + day + 5 * sin(day)::numeric END, 4) AS close
                      FROM market.tickers, generate_series(0, 39) AS day
                     WHERE symbol IN ('BTC/USDT', '^GSPC') OR symbol LIKE 'T0%') AS bar;
            INSERT INTO market.indicators (ticker_id, timeframe, timestamp, sma_20, rsi_14)
            SELECT id, '1d', timestamptz '2024-12-31Z', 567.891234, 55.5 FROM market.tickers WHERE symbol = 'SPY';
            SELECT market.refresh_overview()
            """
        );
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();
}
