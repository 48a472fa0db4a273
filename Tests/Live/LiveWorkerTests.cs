using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wyckoff.Bars.Writing;
using Wyckoff.Ingestor.Live;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Sync.Providers;
using Wyckoff.Tests.Sync;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Live;

/// <summary>
/// Tests of the live worker with feeds in a real database, a stream on a real socket, and the real writer, sync and leases.
/// </summary>
public sealed class LiveWorkerTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 15, 0, 0, TimeSpan.Zero);
    private static readonly Timeframe Minute = Timeframe.Minute1;
    private static int _symbols;

    private readonly Symbol _symbol = Symbol.Parse($"LIVE{Interlocked.Increment(ref _symbols)}");
    private readonly List<Instance> _instances = [];
    private AlpacaServer _stream = null!;
    private FakeAlpaca _history = null!;
    private SyncBench _bench = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _stream = await AlpacaServer.StartAsync();
        _history = await FakeAlpaca.StartAsync();
        _history.Bars[_symbol.Value] = [];
        _bench = new(database, _history, Start.AddSeconds(10));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in _instances)
        {
            await instance.DisposeAsync();
        }

        await _stream.DisposeAsync();
        await _history.DisposeAsync();
        await using var command = database.Admin.CreateCommand("DELETE FROM market.feeds; DELETE FROM market.leases");
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    [Fact(Timeout = 120_000)]
    public async Task Minute_bars_corrections_and_daily_bars_are_stored_exactly_and_rolled_up()
    {
        await AddFeedAsync(Minute);
        await AddFeedAsync(Timeframe.Day1);
        var worker = await StartAsync();
        var session = await _stream.AcceptSubscribedAsync();
        Assert.Equal($"{_symbol}|{_symbol}|{_symbol}|", session.Channels);

        var bars = FakeAlpaca.Make(new Random(1), Minute, Start.AddMinutes(-10), 10, density: 1).ToArray();
        var day = FakeAlpaca.Make(new Random(2), Timeframe.Day1, Start.AddHours(-10), 1, density: 1)[0];
        await session.SendAsync(Messages("b", bars));
        await session.SendAsync(Messages("d", day));
        // A late trade corrects the bar of a minute.
        bars[7] = FakeAlpaca.Make(new Random(3), Minute, bars[7].Time, 1, density: 1)[0];
        await session.SendAsync(Messages("u", bars[7]));

        await StoredAsync(Minute, bars);
        await StoredAsync(Timeframe.Day1, day with { Time = Start.AddHours(-15) });
        for (var first = 0; first < bars.Length; first += 5)
        {
            var five = bars[first..(first + 5)];
            Assert.Equal(
                (
                    five[0].Open,
                    five.Max(bar => bar.High),
                    five.Min(bar => bar.Low),
                    five[4].Close,
                    five.Sum(bar => bar.Volume),
                    five.Sum(bar => bar.Trades),
                    "aggregated"
                ),
                await RolledUpAsync(Timeframe.Minute5, five[0].Time)
            );
        }

        Assert.Equal("aggregated", (await RolledUpAsync(Timeframe.Hour1, Start.AddHours(-1))).Source);
        var health = await worker.Worker.CheckHealthAsync(new(), Token);
        Assert.Equal(HealthStatus.Healthy, health.Status);
        Assert.Contains("2 of 2 live subscriptions", health.Description, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_lock_on_the_bars_of_a_ticker_only_delays_their_write()
    {
        var ticker = await AddFeedAsync(Minute);
        await StartAsync();
        var session = await _stream.AcceptSubscribedAsync();
        var bars = FakeAlpaca.Make(new Random(4), Minute, Start.AddHours(-5), 300, density: 1);
        await using (var holder = await database.Admin.OpenConnectionAsync(Token))
        {
            await LockAsync(holder, "pg_advisory_lock", ticker);
            await session.SendAsync(Messages("b", [.. bars.Take(100)]));
            // The lock is held for longer than the command timeout, so that a write fails and is retried.
            await database.AdvisoryLockAwaitedAsync();
            await Eventually.HoldsAsync(() => _instances[0].Log.Entries.Any(entry => entry.Id == 2407));
            foreach (var chunk in bars.Skip(100).Chunk(20))
            {
                await session.SendAsync(Messages("b", chunk));
            }

            Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m WHERE ticker_id = $1", ticker));
            await LockAsync(holder, "pg_advisory_unlock", ticker);
        }

        await StoredAsync(Minute, [.. bars]);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bars_missed_while_disconnected_are_fetched(bool anotherProcess)
    {
        await AddFeedAsync(Minute);
        var first = await StartAsync();
        var session = await _stream.AcceptSubscribedAsync();
        var bars = FakeAlpaca.Make(new Random(5), Minute, Start.AddMinutes(-20), 41, density: 1);
        await session.SendAsync(Messages("b", [.. bars.Take(19)]));
        await StoredAsync(Minute, [.. bars.Take(19)]);

        // This bar is in transit when the connection ends, so it may or may not be received.
        await session.SendAsync(Messages("b", bars[19]));
        _history.Bars[_symbol.Value] = [.. bars.Take(40)];
        if (anotherProcess)
        {
            await first.DisposeAsync();
            _bench.Time.Now = Start.AddMinutes(20).AddSeconds(10);
            await StartAsync();
        }
        else
        {
            _bench.Time.Now = Start.AddMinutes(20).AddSeconds(10);
            session.End();
        }

        var next = await _stream.AcceptSubscribedAsync();
        _bench.Time.Now = Start.AddMinutes(21).AddSeconds(1);
        await next.SendAsync(Messages("b", bars[40]));
        await StoredAsync(Minute, [.. bars]);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_replica_has_the_stream_and_writes_nothing_after_it_lost_the_lease()
    {
        var ticker = await AddFeedAsync(Minute);
        var bars = FakeAlpaca.Make(new Random(6), Minute, Start.AddMinutes(-3), 3, density: 1);
        var one = await StartAsync();
        var session = await _stream.AcceptSubscribedAsync();
        await session.SendAsync(Messages("b", bars[0]));
        await StoredAsync(Minute, bars[0]);

        var other = await StartAsync();
        await other.Clock.PolledAsync(3);
        Assert.Equal(0, _stream.Waiting);

        // As if the first replica had been frozen for longer than its lease. It next renews after a third of five minutes, so it has not
        // noticed the loss yet.
        await database.ExecuteAsync("UPDATE market.leases SET until = clock_timestamp() - interval '1 s' WHERE name = 'live/alpaca'");
        var taken = await _stream.AcceptSubscribedAsync();
        Assert.DoesNotContain(one.Log.Entries, entry => entry.Id == 2451);
        await session.SendAsync(Messages("b", bars[1]));
        await Eventually.HoldsAsync(() => one.Log.Entries.Any(entry => entry.Id == 2451));
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m WHERE ticker_id = $1", ticker));

        await taken.SendAsync(Messages("b", bars[2]));
        await StoredAsync(Minute, bars[0], bars[2]);
        Assert.Equal(other.Holder, await database.ScalarAsync<string>("SELECT holder FROM market.leases WHERE name = 'live/alpaca'"));
        Assert.DoesNotContain(other.Log.Entries, entry => entry.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_write_under_a_lease_that_another_replica_has_writes_nothing()
    {
        var ticker = await AddFeedAsync(Minute);
        await using var lost = (await _bench.Leases().TryHoldAsync("live/alpaca", TimeSpan.FromMinutes(5), Token))!;
        await database.ExecuteAsync("UPDATE market.leases SET until = clock_timestamp() - interval '1 s' WHERE name = 'live/alpaca'");
        await using var next = (await _bench.Leases().TryHoldAsync("live/alpaca", TimeSpan.FromMinutes(5), Token))!;
        var writer = new BarWriter(database.App, new(database.App));
        BarSet[] sets =
        [
            new(ticker, Minute, new[] { FakeAlpaca.Incoming(FakeAlpaca.Make(new Random(7), Minute, Start, 1, density: 1)[0]) }),
        ];
        var options = new BarWriteOptions { Source = "alpaca", Policy = ConflictPolicy.Replace };
        await Assert.ThrowsAsync<LeaseLostException>(() => writer.WriteAsync(sets, options with { Before = lost.FenceAsync }, Token));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m WHERE ticker_id = $1", ticker));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT count(*) FROM market.bars_5m WHERE ticker_id = $1", ticker));
        Assert.Equal(1, (await writer.WriteAsync(sets, options with { Before = next.FenceAsync }, Token)).Inserted);
    }

    [Fact]
    public async Task Enabled_live_feeds_of_the_provider_become_live_subscriptions()
    {
        var now = Start.AddSeconds(10);
        await AddFeedAsync(Minute);
        await AddFeedAsync(Timeframe.Day1, since: now.AddHours(-3));
        await AddFeedAsync(Timeframe.Minute5);
        await AddFeedAsync(Minute, "NOTLIVE", live: false);
        await AddFeedAsync(Minute, "ELSEWHERE", provider: "stooq");
        await AddFeedAsync(Minute, "OFF");
        await database.ExecuteAsync(
            "UPDATE market.feeds f SET enabled = false FROM market.tickers t WHERE t.id = f.ticker_id AND t.symbol = 'OFF'"
        );
        var subscriptions = new LiveSubscriptions(database.App, new(database.App));

        var (live, unsupported) = await subscriptions.ReadAsync("alpaca", new HashSet<string>([_symbol.Value]), now, Token);
        // Nothing is stored yet, so the repair covers the last day, or less if the feed starts later. Daily bars are never built from
        // trades.
        Assert.Equal(
            [(_symbol, Timeframe.Day1, now.AddHours(-3), false), (_symbol, Minute, now.AddDays(-1), true)],
            live.Select(each => (each.Ticker.Symbol, each.Timeframe, each.RepairFrom, each.FromTrades)).OrderBy(each => each.FromTrades)
        );
        Assert.Equal(1, unsupported);
        Assert.Equal(
            ["ELSEWHERE"],
            (await subscriptions.ReadAsync("stooq", new HashSet<string>(), now, Token)).Subscriptions.Select(each =>
                each.Ticker.Symbol.Value
            )
        );
    }

    [Fact]
    public async Task A_repair_starts_at_the_newest_bar_or_at_the_end_of_the_coverage_if_that_is_earlier()
    {
        var ticker = await AddFeedAsync(Minute);
        var subscriptions = new LiveSubscriptions(database.App, new(database.App));
        var bar = FakeAlpaca.Incoming(FakeAlpaca.Make(new Random(8), Minute, Start.AddMinutes(-5), 1, density: 1)[0]);
        await new BarWriter(database.App, new(database.App)).WriteAsync(
            [new(ticker, Minute, new[] { bar })],
            new() { Source = "alpaca" },
            Token
        );
        Assert.Equal(Start.AddMinutes(-5), await RepairFromAsync());

        await using var connection = await database.App.OpenConnectionAsync(Token);
        await SyncCoverageStore.AddAsync(connection, ticker, Minute, "alpaca", [new(Start.AddHours(-2), Start.AddHours(-1))], Token);
        Assert.Equal(Start.AddHours(-1), await RepairFromAsync());
        await SyncCoverageStore.AddAsync(connection, ticker, Minute, "alpaca", [new(Start.AddHours(-1), Start.AddMinutes(-1))], Token);
        Assert.Equal(Start.AddMinutes(-5), await RepairFromAsync());

        async Task<DateTimeOffset> RepairFromAsync() =>
            Assert.Single((await subscriptions.ReadAsync("alpaca", new HashSet<string>(), Start, Token)).Subscriptions).RepairFrom;
    }

    private static Task LockAsync(NpgsqlConnection connection, string function, int ticker)
    {
        var command = new NpgsqlCommand($"SELECT {function}(market.window_lock($1, '1m'))", connection)
        {
            Parameters = { new() { Value = ticker } },
        };
        return command.ExecuteNonQueryAsync(Token);
    }

    private string Messages(string type, params FakeBar[] bars) =>
        $"[{string.Join(',', bars.Select(bar => FakeAlpaca.Json(bar, $$""" "T":"{{type}}","S":"{{_symbol}}",""")))}]";

    private async Task<int> AddFeedAsync(
        Timeframe timeframe,
        string? symbol = null,
        DateTimeOffset? since = null,
        string provider = "alpaca",
        bool live = true
    )
    {
        var tickers = new TickerDirectory(database.App);
        var parsed = symbol is null ? _symbol : Symbol.Parse(symbol);
        await new FeedStore(database.App, tickers).AddAsync(
            parsed,
            timeframe,
            provider,
            since ?? Start.AddYears(-1),
            TimeSpan.FromHours(1),
            live,
            Token
        );
        return (await tickers.GetOrAddAsync(parsed, Token)).Id;
    }

    /// <summary>Waits until exactly these bars of the symbol are stored, with all their values and the provider as source.</summary>
    private async Task StoredAsync(Timeframe timeframe, params FakeBar[] bars)
    {
        var expected = bars.Select(FakeAlpaca.Incoming).ToList();
        await Eventually.GetAsync(
            () => _bench.StoredAsync(_symbol, timeframe, Token),
            stored => stored.SequenceEqual(expected),
            stored => string.Join('\n', stored)
        );
    }

    private async Task<(decimal Open, decimal High, decimal Low, decimal Close, decimal Volume, int Trades, string Source)> RolledUpAsync(
        Timeframe timeframe,
        DateTimeOffset time
    )
    {
        await using var command = database.App.CreateCommand(
            $"""
            SELECT open, high, low, close, volume, trade_count, b.source
              FROM market.bars_{timeframe} b
              JOIN market.tickers t ON t.id = b.ticker_id
             WHERE symbol = $1 AND timestamp = $2
            """
        );
        command.Parameters.Add(new() { Value = _symbol.Value });
        command.Parameters.Add(new() { Value = time });
        await using var reader = await command.ExecuteReaderAsync(Token);
        Assert.True(await reader.ReadAsync(Token));
        return (
            reader.GetDecimal(0),
            reader.GetDecimal(1),
            reader.GetDecimal(2),
            reader.GetDecimal(3),
            reader.GetDecimal(4),
            reader.GetInt32(5),
            reader.GetString(6)
        );
    }

    private async Task<Instance> StartAsync()
    {
        var instance = new Instance(database, _bench, _stream.Url);
        _instances.Add(instance);
        await instance.Worker.StartAsync(Token);
        return instance;
    }

    /// <summary>A live worker with its own connection pool and lease holder, like a separate process.</summary>
    private sealed class Instance : IAsyncDisposable
    {
        private readonly NpgsqlDataSource _source;

        public Instance(TestDatabase database, SyncBench bench, Uri url)
        {
            // A statement that waits for a lock for longer than this fails, and the write is retried.
            _source = new NpgsqlDataSourceBuilder(database.AppConnection + ";Command Timeout=1").Build();
            Clock = new(bench.Time);
            var tickers = new TickerDirectory(_source);
            var leases = bench.Leases();
            Holder = leases.Holder;
            Worker = new(
                new(_source, tickers),
                new(_source, tickers),
                bench.Service(leases),
                leases,
                Microsoft.Extensions.Options.Options.Create(
                    new AlpacaOptions { KeyId = AlpacaServer.Key, SecretKey = AlpacaServer.Secret }
                ),
                Microsoft.Extensions.Options.Options.Create(new LiveOptions { Url = url, Poll = PollClock.Poll }),
                Microsoft.Extensions.Options.Options.Create(new SyncOptions { Lease = TimeSpan.FromMinutes(5) }),
                Clock,
                Log
            );
        }

        public LiveWorker Worker { get; }

        public PollClock Clock { get; }

        public string Holder { get; }

        public LogCollector Log { get; } = new();

        public async ValueTask DisposeAsync()
        {
            await Worker.StopAsync(CancellationToken.None);
            Worker.Dispose();
            await _source.DisposeAsync();
        }
    }

    /// <summary>The test's clock with real timers. It counts the waits between two reads of the feeds.</summary>
    private sealed class PollClock(TimeProvider time) : TimeProvider
    {
        public static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(37);

        private int _polls;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == Poll)
            {
                Interlocked.Increment(ref _polls);
            }

            return base.CreateTimer(callback, state, dueTime, period);
        }

        public Task PolledAsync(int times)
        {
            var until = Volatile.Read(ref _polls) + times;
            return Eventually.HoldsAsync(() => Volatile.Read(ref _polls) >= until);
        }
    }
}
