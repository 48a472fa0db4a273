using System.Collections.Concurrent;
using System.Globalization;
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

/// <summary>The service as it runs: feeds of the database, a stream on a real socket, the writer, the sync behind it for what the stream has missed, and the lease.</summary>
public sealed class LiveWorkerTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 15, 0, 0, TimeSpan.Zero);
    private static readonly Timeframe Minute = Timeframe.Minute1;
    private static int _symbols;

    private readonly Symbol _symbol = Symbol.Parse($"LIVE{Interlocked.Increment(ref _symbols)}");
    private readonly List<Instance> _instances = [];
    private AlpacaServer _stream = null!;
    private FakeAlpaca _past = null!;
    private SyncBench _bench = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _stream = await AlpacaServer.StartAsync();
        _past = await FakeAlpaca.StartAsync();
        _past.Bars[_symbol.Value] = [];
        _bench = new(database, _past, Start.AddSeconds(10));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in _instances)
        {
            await instance.DisposeAsync();
        }

        await _stream.DisposeAsync();
        await _past.DisposeAsync();
        await using var command = database.Admin.CreateCommand("DELETE FROM market.feeds; DELETE FROM market.leases");
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    [Fact(Timeout = 120_000)]
    public async Task Bars_updates_and_days_are_stored_exactly_and_rolled_up()
    {
        await AddFeedAsync(Minute);
        await AddFeedAsync(Timeframe.Day1);
        var worker = await StartAsync();
        var session = await _stream.AcceptSubscribedAsync();
        Assert.Equal($"{_symbol}|{_symbol}|{_symbol}|", session.Lists);

        var bars = FakeAlpaca.Make(new Random(1), Minute, Start.AddMinutes(-10), 10, density: 1).ToArray();
        var day = FakeAlpaca.Make(new Random(2), Timeframe.Day1, Start.AddHours(-10), 1, density: 1)[0];
        await session.SendAsync(Messages("b", bars));
        await session.SendAsync(Messages("d", day));
        // A late trade; another bar of the same minute takes its place.
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
        Assert.Contains("2 of 2 feeds", health.Description, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Who_holds_the_bars_of_a_ticker_only_delays_them()
    {
        var ticker = await AddFeedAsync(Minute);
        await StartAsync();
        var session = await _stream.AcceptSubscribedAsync();
        var bars = FakeAlpaca.Make(new Random(4), Minute, Start.AddHours(-5), 300, density: 1);
        await using (var holder = await database.Admin.OpenConnectionAsync(Token))
        {
            await LockAsync(holder, "pg_advisory_lock", ticker);
            await session.SendAsync(Messages("b", [.. bars.Take(100)]));
            // Longer than the stream bears to wait for a statement, so that a write fails and is tried again.
            await database.AdvisoryLockAwaitedAsync();
            await Eventually.HoldsAsync(() => _instances[0].Logged.Any(entry => entry.Id == 2407));
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
    public async Task What_passed_while_nobody_listened_is_fetched(bool anotherProcess)
    {
        await AddFeedAsync(Minute);
        var first = await StartAsync();
        var session = await _stream.AcceptSubscribedAsync();
        var bars = FakeAlpaca.Make(new Random(5), Minute, Start.AddMinutes(-20), 41, density: 1);
        await session.SendAsync(Messages("b", [.. bars.Take(19)]));
        await StoredAsync(Minute, [.. bars.Take(19)]);

        // On its way at the end: whether it was received, nobody knows.
        await session.SendAsync(Messages("b", bars[19]));
        _past.Bars[_symbol.Value] = [.. bars.Take(40)];
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
    public async Task One_instance_has_the_stream_and_who_has_lost_it_writes_nothing_more()
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

        // As if the first one had been frozen for longer than its lease lasts. It renews it a third of five minutes later, so it does not know.
        await database.ExecuteAsync("UPDATE market.leases SET until = clock_timestamp() - interval '1 s' WHERE name = 'live/alpaca'");
        var taken = await _stream.AcceptSubscribedAsync();
        Assert.DoesNotContain(one.Logged, entry => entry.Id == 2451);
        await session.SendAsync(Messages("b", bars[1]));
        await Eventually.HoldsAsync(() => one.Logged.Any(entry => entry.Id == 2451));
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m WHERE ticker_id = $1", ticker));

        await taken.SendAsync(Messages("b", bars[2]));
        await StoredAsync(Minute, bars[0], bars[2]);
        Assert.Equal(other.Holder, await database.ScalarAsync<string>("SELECT holder FROM market.leases WHERE name = 'live/alpaca'"));
        Assert.DoesNotContain(other.Logged, entry => entry.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_write_under_a_lease_that_another_has_is_refused_whole()
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
    public async Task The_feeds_are_those_of_the_provider_that_are_live_and_on()
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
        var feeds = new LiveSubscriptions(database.App, new(database.App));

        var (live, others) = await feeds.ReadAsync("alpaca", new HashSet<string>([_symbol.Value]), now, Token);
        // Nothing is stored yet: the last day, or since when it is wanted; and days are never built from trades.
        Assert.Equal(
            [(_symbol, Timeframe.Day1, now.AddHours(-3), false), (_symbol, Minute, now.AddDays(-1), true)],
            live.Select(feed => (feed.Ticker.Symbol, feed.Timeframe, feed.Known, feed.FromTrades)).OrderBy(feed => feed.FromTrades)
        );
        Assert.Equal(1, others);
        Assert.Equal(
            ["ELSEWHERE"],
            (await feeds.ReadAsync("stooq", new HashSet<string>(), now, Token)).Feeds.Select(feed => feed.Ticker.Symbol.Value)
        );
    }

    [Fact]
    public async Task What_is_known_of_a_feed_is_what_is_stored_as_far_as_the_provider_has_answered()
    {
        var ticker = await AddFeedAsync(Minute);
        var feeds = new LiveSubscriptions(database.App, new(database.App));
        var bar = FakeAlpaca.Incoming(FakeAlpaca.Make(new Random(8), Minute, Start.AddMinutes(-5), 1, density: 1)[0]);
        await new BarWriter(database.App, new(database.App)).WriteAsync(
            [new(ticker, Minute, new[] { bar })],
            new() { Source = "alpaca" },
            Token
        );
        Assert.Equal(Start.AddMinutes(-5), await KnownAsync());

        await using var connection = await database.App.OpenConnectionAsync(Token);
        await SyncCoverageStore.AddAsync(connection, ticker, Minute, "alpaca", [new(Start.AddHours(-2), Start.AddHours(-1))], Token);
        Assert.Equal(Start.AddHours(-1), await KnownAsync());
        await SyncCoverageStore.AddAsync(connection, ticker, Minute, "alpaca", [new(Start.AddHours(-1), Start.AddMinutes(-1))], Token);
        Assert.Equal(Start.AddMinutes(-5), await KnownAsync());

        async Task<DateTimeOffset> KnownAsync() =>
            Assert.Single((await feeds.ReadAsync("alpaca", new HashSet<string>(), Start, Token)).Feeds).Known;
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
        $"[{string.Join(',', bars.Select(bar => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"T":"{{type}}","S":"{{_symbol}}","o":{{bar.Open}},"h":{{bar.High}},"l":{{bar.Low}},"c":{{bar.Close}},"v":{{bar.Volume}},"n":{{bar.Trades}},"vw":{{bar.Vwap}},"t":"{{bar.Time:yyyy-MM-ddTHH:mm:ssZ}}"}""")))}]";

    private async Task<int> AddFeedAsync(
        Timeframe timeframe,
        string? symbol = null,
        DateTimeOffset? since = null,
        string provider = "alpaca",
        bool live = true
    )
    {
        var tickers = new TickerDirectory(database.App);
        var of = symbol is null ? _symbol : Symbol.Parse(symbol);
        await new FeedStore(database.App, tickers).AddAsync(
            of,
            timeframe,
            provider,
            since ?? Start.AddYears(-1),
            TimeSpan.FromHours(1),
            live,
            Token
        );
        return (await tickers.GetOrAddAsync(of, Token)).Id;
    }

    /// <summary>The bars of the ticker are these, sooner or later, each with all its values, and from the provider.</summary>
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
            $"SELECT open, high, low, close, volume, trade_count, b.source FROM market.bars_{timeframe} b JOIN market.tickers t ON t.id = b.ticker_id WHERE symbol = $1 AND timestamp = $2"
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

    /// <summary>A process of its own, as far as the database can tell.</summary>
    private sealed class Instance : IAsyncDisposable, ILoggerFactory, ILogger
    {
        private readonly NpgsqlDataSource _source;

        public Instance(TestDatabase database, SyncBench bench, Uri url)
        {
            // A statement that waits for a lock for longer than this is given up, and the write tried again.
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
                this
            );
        }

        public LiveWorker Worker { get; }

        public PollClock Clock { get; }

        public string Holder { get; }

        public ConcurrentQueue<(int Id, LogLevel Level)> Logged { get; } = [];

        public async ValueTask DisposeAsync()
        {
            await Worker.StopAsync(CancellationToken.None);
            Worker.Dispose();
            await _source.DisposeAsync();
        }

        public void Dispose() { }

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("This one keeps what is logged itself.");

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Logged.Enqueue((eventId.Id, logLevel));
    }

    /// <summary>The time of the test, with real timers; and it knows how often somebody went to sleep until the next look at the feeds.</summary>
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
