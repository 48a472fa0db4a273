using Microsoft.Extensions.Logging.Abstractions;
using Wyckoff.Bars;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Sync.Providers;
using Wyckoff.Tests.Bars;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Sync;

/// <summary>
/// Creates sync services like those of separate processes, with the fake provider, a real database and a clock that the test sets.
/// </summary>
internal sealed class SyncBench(TestDatabase database, FakeAlpaca server, DateTimeOffset now)
{
    private int _processes;

    public AlpacaOptions Alpaca { get; } =
        new()
        {
            RequestsPerMinute = 100_000,
            Retry = new()
            {
                Attempts = 3,
                FirstDelay = TimeSpan.FromMilliseconds(1),
                MaxDelay = TimeSpan.FromMilliseconds(2),
            },
        };

    public SyncOptions Options { get; } = new();

    public FixedTime Time { get; } = new(now);

    public LeaseStore Leases() =>
        new(database.App, $"process {Interlocked.Increment(ref _processes)}", TimeProvider.System, NullLogger<LeaseStore>.Instance);

    public BarProviders Providers() => new([server.Provider(Alpaca, Time)]);

    /// <summary>Creates a sync service with its own ticker directory and lease holder, like a separate process.</summary>
    public SyncService Service(LeaseStore? leases = null)
    {
        var tickers = new TickerDirectory(database.App);
        return new(
            database.App,
            tickers,
            new(database.App, tickers),
            Providers(),
            leases ?? Leases(),
            Microsoft.Extensions.Options.Options.Create(Options),
            Time,
            NullLogger<SyncService>.Instance
        );
    }

    public async Task<List<IncomingBar>> StoredAsync(Symbol symbol, Timeframe timeframe, CancellationToken cancellationToken)
    {
        await using var command = database.App.CreateCommand(
            $"""
            SELECT timestamp, open, high, low, close, volume, trade_count, vwap
              FROM market.bars_{timeframe} b
              JOIN market.tickers t ON t.id = b.ticker_id
             WHERE symbol = $1 AND source = 'alpaca'
             ORDER BY timestamp
            """
        );
        command.Parameters.Add(new() { Value = symbol.Value });
        var bars = new List<IncomingBar>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            bars.Add(IncomingBars.Of(reader));
        }

        return bars;
    }

    /// <summary>A clock that stands at the time set by the test; its timers are real.</summary>
    public sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
