using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Bars.Caching;
using Wyckoff.Bars.Reading;
using Wyckoff.Bars.Writing;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Bars.Caching;

/// <summary>A version is used until its maximum age, and a version that was written or seen here is known at once.</summary>
public sealed class WindowVersionsTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Noon = new(2024, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Age = TimeSpan.FromMilliseconds(20);

    private readonly ManualTime _time = new(Noon);
    private int _writes;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_version_is_reused_until_its_maximum_age()
    {
        var ticker = await TickerAsync("AGED");
        await using var replica = new Replica(database.AppConnection, Age, _time);
        await WriteAsync(ticker);
        Assert.Equal(1, await AskAsync(replica, ticker));
        await WriteAsync(ticker);

        var told = replica.Versions.CurrentAsync(ticker, Timeframe.Minute1, Cancellation);
        Assert.True(told.IsCompleted, "The database was asked.");
        Assert.Equal(1, await told);

        _time.Advance(Age);
        Assert.Equal(2, await AskAsync(replica, ticker));
    }

    [Fact]
    public async Task With_a_maximum_age_of_zero_each_call_asks_the_database()
    {
        var ticker = await TickerAsync("ZERO");
        await using var replica = new Replica(database.AppConnection, TimeSpan.Zero, _time);
        for (var version = 1; version <= 3; version++)
        {
            await WriteAsync(ticker);
            Assert.Equal(version, await AskAsync(replica, ticker));
        }
    }

    [Fact]
    public async Task A_write_through_a_replica_is_visible_to_its_next_read()
    {
        var ticker = await TickerAsync("OWN");
        await using var replica = new Replica(database.AppConnection, Age, _time);
        for (var version = 1; version <= 3; version++)
        {
            Assert.Equal(version, await WriteAsync(ticker, replica.Versions));
            Assert.Equal(version, await AskAsync(replica, ticker));
        }
    }

    [Fact]
    public async Task A_caller_that_has_seen_a_newer_version_makes_the_database_be_asked()
    {
        var ticker = await TickerAsync("HEARD");
        await using var replica = new Replica(database.AppConnection, Age, _time);
        await WriteAsync(ticker);
        Assert.Equal(1, await AskAsync(replica, ticker));
        var version = await WriteAsync(ticker);
        Assert.Equal(version, await replica.Versions.CurrentAsync(ticker, Timeframe.Minute1, version, Cancellation));
        // The newer version is now known to all callers.
        Assert.Equal(version, await AskAsync(replica, ticker));
    }

    [Fact]
    public async Task A_deleted_ticker_has_no_version()
    {
        var ticker = await TickerAsync("GONE");
        await using var replica = new Replica(database.AppConnection, Age, _time);
        await WriteAsync(ticker);
        Assert.Equal(1, await AskAsync(replica, ticker));
        await database.ExecuteAsync($"DELETE FROM market.tickers WHERE id = {ticker}");
        _time.Advance(Age);
        Assert.Equal(0, await AskAsync(replica, ticker));
    }

    [Fact]
    public async Task A_version_does_not_decrease_unless_that_of_the_primary_does()
    {
        var ticker = await TickerAsync("BACK");
        await using var replica = new Replica(database.AppConnection, Age, _time);
        await WriteAsync(ticker);
        await WriteAsync(ticker);
        // Of two concurrent queries, the older one may return last.
        replica.Versions.Raise(ticker, Timeframe.Minute1, 2);
        replica.Versions.Raise(ticker, Timeframe.Minute1, 1);
        Assert.Equal(2, await AskAsync(replica, ticker));

        // As if a standby had been promoted without the last commit.
        await database.ExecuteAsync($"UPDATE market.bar_windows SET version = 1 WHERE ticker_id = {ticker}");
        _time.Advance(Age);
        Assert.Equal(1, await AskAsync(replica, ticker));
    }

    [Fact]
    public async Task A_read_in_progress_does_not_block_a_writer()
    {
        var ticker = await TickerAsync("BUSY");
        await WriteAsync(ticker);
        await using var replica = new Replica(database.AppConnection, Age, _time);
        Assert.Equal(1, await AskAsync(replica, ticker));
        await using var rows = await replica.Reader.OpenAsync(
            ticker,
            Timeframe.Minute1,
            BarFields.Usual,
            BarReader.Earliest,
            BarReader.Latest,
            10,
            10,
            null,
            Cancellation
        );
        Assert.Equal(1, rows.Version);

        // With this timeout, any wait for a lock fails.
        await using var source = NpgsqlDataSource.Create(database.AppConnection + ";Options=-c lock_timeout=1ms");
        Assert.Equal(2, await WriteAsync(ticker, source: source));
    }

    [Fact]
    public async Task Repeated_calls_do_not_wait_for_a_query()
    {
        int[] tickers = [await TickerAsync("RENEWED1"), await TickerAsync("RENEWED2")];
        await using var replica = new Replica(database.AppConnection, Age, _time);
        foreach (var ticker in tickers)
        {
            await WriteAsync(ticker);
            Assert.Equal(1, await AskAsync(replica, ticker));
            await WriteAsync(ticker);
        }

        // After a quarter of the maximum age, a call starts a renewal, and returns the known version.
        _time.Advance((Age / 4) + TimeSpan.FromMilliseconds(1));
        foreach (var ticker in tickers)
        {
            Assert.Equal(1, Told(ticker));
        }

        await _time.WaitedForAsync(TimeSpan.FromMilliseconds(1), Age / 4);
        _time.Advance(Age / 4);
        await Eventually.HoldsAsync(() => tickers.All(ticker => Told(ticker) == 2));

        long Told(int ticker)
        {
            var told = replica.Versions.CurrentAsync(ticker, Timeframe.Minute1, Cancellation);
            Assert.True(told.IsCompleted, "The caller has to wait.");
            return told.Result;
        }
    }

    private static async Task<long> AskAsync(Replica replica, int ticker) =>
        await replica.Versions.CurrentAsync(ticker, Timeframe.Minute1, Cancellation);

    private async Task<int> TickerAsync(string symbol) =>
        (await new TickerDirectory(database.App).GetOrAddAsync(Symbol.Parse(symbol), Cancellation, "UTC", "crypto")).Id;

    private async Task<long> WriteAsync(int ticker, WindowVersions? versions = null, NpgsqlDataSource? source = null)
    {
        Assert.Null(IncomingBar.TryCreate(Noon.AddMinutes(++_writes), 10, 11, 9, 10.5m, 1, null, null, out var bar));
        var writer = new BarWriter(source ?? database.App, new(database.App), versions: versions);
        var result = await writer.WriteAsync(
            [new(ticker, Timeframe.Minute1, new[] { bar })],
            new() { Source = "test", RollUp = false },
            Cancellation
        );
        return Assert.Single(result.Changes).Version;
    }

    private sealed class Replica : IAsyncDisposable
    {
        private readonly DataSources _sources;

        public Replica(string connection, TimeSpan age, TimeProvider time)
        {
            _sources = new(new(connection));
            var reads = new Database(_sources, TimeProvider.System, NullLogger<Database>.Instance);
            Versions = new(reads, Options.Create(new CacheOptions { MaxVersionAge = age }), time);
            Reader = new(reads, Versions, TimeProvider.System);
        }

        public WindowVersions Versions { get; }

        public BarReader Reader { get; }

        public ValueTask DisposeAsync() => _sources.DisposeAsync();
    }
}
