using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wyckoff.MarketData;
using Wyckoff.MarketData.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.MarketData.Reading;

/// <summary>What is told of a version is never older than the question, also where nobody asks the database.</summary>
public sealed class WindowVersionsTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const int Writes = 40;
    private static readonly DateTimeOffset Noon = new(2024, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("the writer", 1)]
    [InlineData("the view", 2)]
    [InlineData("a transaction that has begun long before", 3)]
    [InlineData("a transaction with a snapshot from before", 4)]
    public async Task Who_has_written_is_answered_with_it_by_every_replica(string by, int number)
    {
        var ticker = await TickerAsync($"LEASE{number}");
        await WriteAsync(by, ticker, 0);
        await using var first = new Replica(database.AppConnection);
        await using var second = new Replica(database.AppConnection);
        using var crowd = new Crowd([first.Versions, second.Versions], ticker);
        await crowd.LeasedAsync();
        for (var write = 1; write <= Writes; write++)
        {
            await WriteAsync(by, ticker, write);
            var stored = await VersionAsync(ticker);
            Assert.Equal((stored, stored), (await AskAsync(first, ticker), await AskAsync(second, ticker)));
            // Most are leased before the next, and some are written over at once.
            if (write % 4 != 0)
            {
                await crowd.LeasedAsync(stored);
            }
        }

        await crowd.StopAsync();
    }

    [Fact]
    public async Task A_deleted_ticker_has_no_version_from_then_on()
    {
        await using var replica = new Replica(database.AppConnection);
        for (var number = 0; number < 5; number++)
        {
            var ticker = await TickerAsync($"GONE{number}");
            await WriteAsync("the writer", ticker, 0);
            using var crowd = new Crowd([replica.Versions], ticker);
            await crowd.LeasedAsync();
            await database.ExecuteAsync($"DELETE FROM market.tickers WHERE id = {ticker}");
            Assert.Equal(0, await AskAsync(replica, ticker));
            await crowd.StopAsync();
        }
    }

    [Fact]
    public async Task What_is_being_written_is_asked_for_each_time()
    {
        var ticker = await TickerAsync("BUSY");
        await WriteAsync("the writer", ticker, 0);
        await using var replica = new Replica(database.AppConnection);
        using var crowd = new Crowd([replica.Versions], ticker);
        await using (var connection = await database.App.OpenConnectionAsync(Cancellation))
        await using (var transaction = await connection.BeginTransactionAsync(Cancellation))
        {
            await using var command = new NpgsqlCommand($"SELECT pg_advisory_xact_lock(market.window_lock({ticker}, '1m'))", connection, transaction);
            await command.ExecuteNonQueryAsync(Cancellation);
            await crowd.AskedAsync(2_000);
            await using var count = new NpgsqlCommand($"SELECT market.record_change({ticker}, '1m', tstzrange(NULL, NULL))", connection, transaction);
            await count.ExecuteNonQueryAsync(Cancellation);
            Assert.Equal(1, await AskAsync(replica, ticker));
            await transaction.CommitAsync(Cancellation);
        }

        Assert.Equal(2, await AskAsync(replica, ticker));
        await crowd.LeasedAsync();
    }

    [Fact]
    public async Task Writers_wait_only_where_a_crowd_has_asked()
    {
        await using var quiet = new TestDatabase();
        await quiet.InitializeAsync();
        Task<bool> LeasesAsync() => quiet.ScalarAsync<bool>("SELECT market.has_version_leases()");
        await using (var alone = new Replica(quiet.AppConnection))
        {
            for (var question = 0; question < 100; question++)
            {
                Assert.Equal(0, await AskAsync(alone, 1));
            }
        }

        Assert.False(await LeasesAsync());
        Assert.Equal(await quiet.ScalarAsync<TimeSpan>("SELECT market.version_lease()"), await quiet.ScalarAsync<TimeSpan>("SELECT market.lease_versions()"));
        Assert.True(await LeasesAsync());
        await quiet.ExecuteAsync("UPDATE market.leases SET until = clock_timestamp() - interval '1 second' WHERE name = 'versions'");
        Assert.False(await LeasesAsync());
        // Its snapshot may be from before a reader came.
        await using var connection = await quiet.App.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Cancellation);
        await using var command = new NpgsqlCommand("SELECT market.has_version_leases()", connection, transaction);
        Assert.Equal(true, await command.ExecuteScalarAsync(Cancellation));
    }

    private static async Task<long> AskAsync(Replica replica, int ticker) => await replica.Versions.CurrentAsync(ticker, Timeframe.Minute1, Cancellation);

    private async Task<int> TickerAsync(string symbol) => (await new TickerDirectory(database.App).GetOrAddAsync(Symbol.Parse(symbol), Cancellation, "UTC", "crypto")).Id;

    private Task<long> VersionAsync(int ticker) => database.ScalarAsync<long>($"SELECT version FROM market.bar_windows WHERE ticker_id = {ticker} AND timeframe = '1m'");

    private async Task WriteAsync(string by, int ticker, int write)
    {
        if (by == "the writer")
        {
            var time = Noon.AddMinutes(write);
            Assert.Null(IncomingBar.TryCreate(time, 10, 11, 9, 10.5m, 1, null, null, out var bar));
            await new BarWriter(database.App, new(database.App), redis: null).WriteAsync([new(ticker, Timeframe.Minute1, new[] { bar })], new() { Source = "test", RollUp = false }, Cancellation);
            return;
        }

        var insert = $"INSERT INTO market.ohlcv_bars (symbol, timeframe, timestamp, open, high, low, close, volume) SELECT symbol, '1m', '2024-01-02 12:00Z'::timestamptz + interval '1 minute' * {write}, 10, 11, 9, 10.5, 1 FROM market.tickers WHERE id = {ticker}";
        if (by == "the view")
        {
            await database.ExecuteAsync(insert);
            return;
        }

        await using var connection = await database.App.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(by.Contains("snapshot", StringComparison.Ordinal) ? System.Data.IsolationLevel.RepeatableRead : System.Data.IsolationLevel.ReadCommitted, Cancellation);
        foreach (var statement in new[] { "SELECT count(*) FROM market.leases", "SELECT pg_sleep(0.03)", insert })
        {
            await using var command = new NpgsqlCommand(statement, connection, transaction);
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        await transaction.CommitAsync(Cancellation);
    }

    private sealed class Replica : IAsyncDisposable
    {
        private readonly DataSources _sources;

        public Replica(string connection)
        {
            _sources = new(new(connection));
            Versions = new(new(_sources, TimeProvider.System, NullLogger<Database>.Instance), TimeProvider.System, NullLogger<WindowVersions>.Instance);
        }

        public WindowVersions Versions { get; }

        public ValueTask DisposeAsync() => _sources.DisposeAsync();
    }

    /// <summary>Readers who ask in turns, for as long as it lives, and never hear of an older version than before.</summary>
    private sealed class Crowd : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly HashSet<long> _leased = [];
        private readonly Task _readers;
        private int _told;
        private int _asked;

        public Crowd(WindowVersions[] replicas, int ticker) => _readers = Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => ReadAsync(replicas, ticker))));

        /// <summary>Ends when somebody was told without a question.</summary>
        public Task LeasedAsync()
        {
            var before = Volatile.Read(ref _told);
            return UntilAsync(() => Volatile.Read(ref _told) > before);
        }

        /// <summary>Ends when somebody was told this version without a question.</summary>
        public Task LeasedAsync(long version) => UntilAsync(() =>
        {
            lock (_leased)
            {
                return _leased.Contains(version);
            }
        });

        /// <summary>Ends when so many more questions were asked of the database.</summary>
        public Task AskedAsync(int more)
        {
            var before = Volatile.Read(ref _asked);
            return UntilAsync(() => Volatile.Read(ref _asked) >= before + more);
        }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await _readers;
        }

        public void Dispose() => _stop.Cancel();

        // Readers end before they are told to only when they have seen something wrong.
        private async Task UntilAsync(Func<bool> condition)
        {
            await Eventually.HoldsAsync(() => condition() || _readers.IsCompleted, () => $"told {_told} times, asked {_asked} times");
            Assert.True(!_readers.IsCompleted, _readers.Exception?.ToString());
        }

        private async Task ReadAsync(WindowVersions[] replicas, int ticker)
        {
            var (turn, newest) = (0, 0L);
            while (!_stop.IsCancellationRequested)
            {
                var asked = replicas[turn++ % replicas.Length].CurrentAsync(ticker, Timeframe.Minute1, CancellationToken.None);
                var told = asked.IsCompleted;
                var version = await asked;
                Assert.True(version == 0 || version >= newest, $"{version} came after {newest}.");
                newest = version;
                if (told)
                {
                    lock (_leased)
                    {
                        _leased.Add(version);
                    }

                    Interlocked.Increment(ref _told);
                    await Task.Delay(1, CancellationToken.None);
                }
                else
                {
                    Interlocked.Increment(ref _asked);
                }
            }
        }
    }
}
