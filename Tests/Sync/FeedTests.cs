using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Imports;
using Wyckoff.Ingestor.Sync;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Sync;

/// <summary>A database of each test's own: what is due is due for every instance.</summary>
public sealed partial class FeedTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2024, 3, 4, 14, 30, 0, TimeSpan.Zero);

    private readonly TestDatabase _database = new();
    private FakeAlpaca _server = null!;
    private SyncBench _bench = null!;
    private FeedStore _feeds = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _database.InitializeAsync();
        _server = await FakeAlpaca.StartAsync();
        _bench = new(_database, _server, Start.AddDays(3));
        _feeds = new(_database.App, new(_database.App));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task What_is_due_is_synced_and_due_again_later()
    {
        var (symbol, data) = await AddAsync("DUE", every: 3600);
        using var worker = Worker();
        await Task.WhenAll(await worker.TakeDueAsync(4, Token));
        Assert.Equal(data.Select(FakeAlpaca.Incoming), await _bench.StoredAsync(symbol, Timeframe.Minute1, Token));
        Assert.Equal(0, await _feeds.CountDueAsync(Token));
        Assert.Empty(await worker.TakeDueAsync(4, Token));
        var feed = Assert.Single(await _feeds.ListAsync(Token));
        Assert.Equal(("success", null), (feed.Status, feed.Error));
        Assert.Equal(
            3600,
            await _database.ScalarAsync<double>(
                "SELECT round(extract(epoch FROM next_due - last_sync_at) / 60)::float8 * 60 FROM market.feeds, market.data_sync_log"
            )
        );
        Assert.Equal(HealthStatus.Healthy, (await worker.CheckHealthAsync(new(), Token)).Status);
    }

    [Fact]
    public async Task A_feed_that_fails_is_said_and_due_again_later()
    {
        await AddAsync("FAILS");
        _server.NextFault = () => Fault.ServerError;
        using var worker = Worker();
        await Task.WhenAll(await worker.TakeDueAsync(4, Token));
        Assert.Equal(("failed", 0L), (Assert.Single(await _feeds.ListAsync(Token)).Status, await _feeds.CountDueAsync(Token)));
    }

    [Fact]
    public async Task Instances_share_what_is_due_and_no_feed_is_worked_on_twice()
    {
        var symbols = new List<Symbol>();
        for (var i = 0; i < 12; i++)
        {
            symbols.Add((await AddAsync($"SHARE{i}")).Symbol);
        }

        var claims = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(i => _feeds.ClaimDueAsync($"i{i}", ["alpaca"], 4, TimeSpan.FromMinutes(1), Token))
        );
        var all = claims.SelectMany(claim => claim).ToList();
        Assert.Equal(all.Count, all.Select(claim => claim.Feed.Id).Distinct().Count());
        Assert.All(claims, claim => Assert.InRange(claim.Count, 0, 4));
        // Whoever came while another was choosing left some; they are still there to be had.
        var rest = await _feeds.ClaimDueAsync("i3", ["alpaca"], 100, TimeSpan.FromMinutes(1), Token);
        Assert.Equal(
            symbols.Order(Comparer<Symbol>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value))).Select(symbol => symbol.Value),
            all.Concat(rest).Select(claim => claim.Feed.Symbol.Value).Order(StringComparer.Ordinal)
        );
        Assert.Empty(await _feeds.ClaimDueAsync("i4", ["alpaca"], 100, TimeSpan.FromMinutes(1), Token));
    }

    [Fact]
    public async Task What_a_dead_instance_had_goes_to_another_when_its_leases_have_run_out()
    {
        var (symbol, _) = await AddAsync("DEAD");
        Assert.Single(await _feeds.ClaimDueAsync("dead", ["alpaca"], 4, TimeSpan.FromMinutes(5), Token));
        using var worker = Worker();
        Assert.Empty(await worker.TakeDueAsync(4, Token));
        await _database.ExecuteAsync("UPDATE market.leases SET until = clock_timestamp() - interval '1 s' WHERE name LIKE 'feed/%'");
        await Task.WhenAll(await worker.TakeDueAsync(4, Token));
        Assert.NotEmpty(await _bench.StoredAsync(symbol, Timeframe.Minute1, Token));
        Assert.Equal(2L, await _database.ScalarAsync<long>("SELECT version FROM market.leases WHERE name LIKE 'feed/%'"));
    }

    [Fact]
    public async Task Feeds_of_providers_that_are_not_configured_here_are_left_to_others()
    {
        await _feeds.AddAsync(Symbol.Parse("OTHER"), Timeframe.Day1, "stooq", Start, TimeSpan.FromHours(1), false, Token);
        using var worker = Worker();
        Assert.Empty(await worker.TakeDueAsync(4, Token));
        Assert.Equal(1, await _feeds.CountDueAsync(Token));
    }

    [Fact]
    public async Task Adding_again_changes_the_feed_and_removing_ends_it()
    {
        var (symbol, _) = await AddAsync("AGAIN");
        var id = await _feeds.AddAsync(symbol, Timeframe.Minute1, "alpaca", Start.AddDays(-1), TimeSpan.FromSeconds(5), true, Token);
        var feed = Assert.Single(await _feeds.ListAsync(Token));
        Assert.Equal((id, Start.AddDays(-1), TimeSpan.FromSeconds(5), true), (feed.Id, feed.Since, feed.Every, feed.Live));
        Assert.Equal(0, await _feeds.RemoveAsync(symbol, Timeframe.Day1, null, Token));
        Assert.Equal(1, await _feeds.RemoveAsync(symbol, null, "alpaca", Token));
        Assert.Empty(await _feeds.ListAsync(Token));
    }

    [Fact]
    public async Task Files_that_appear_in_the_folder_are_imported_and_not_asked_of_a_provider()
    {
        var folder = Directory.CreateTempSubdirectory("wyckoff-folder-");
        try
        {
            var tickers = new TickerDirectory(_database.App);
            var import = new ImportRunner(
                _database.App,
                new(_database.App, tickers),
                tickers,
                Options.Create(new SpoolOptions()),
                TimeProvider.System,
                NullLogger<ImportRunner>.Instance
            );
            using var worker = new FolderWorker(
                import,
                Options.Create(new FeedOptions { Folder = folder.FullName }),
                TimeProvider.System,
                NullLogger<FolderWorker>.Instance
            );
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "DROP_1m.csv"),
                "time,open,high,low,close,volume\n2024-03-04T14:30:00Z,1,2,1,2,10\n2024-03-04T14:32:00Z,2,3,2,3,10\n",
                Token
            );
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "BAD_1m.csv"), "nothing that anybody could read\n", Token);
            await worker.LookAsync(Token);
            Assert.Equal(0L, await _database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m"));
            await worker.LookAsync(Token);
            await worker.LookAsync(Token);
            Assert.Equal(2L, await _database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m"));
            Assert.Equal(2L, await _database.ScalarAsync<long>("SELECT count(*) FROM market.import_batches"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        _server.Bars["DROP"] = [];
        await _bench.Service().EnsureAsync(new(Symbol.Parse("DROP"), Timeframe.Minute1, new(Start, Start.AddMinutes(5))), Token);
        var asked = Assert.Single(_server.Log);
        Assert.Equal(Start.AddMinutes(3), asked.Start);
    }

    [Fact]
    public async Task A_file_that_came_while_the_database_was_away_is_imported_when_it_answers()
    {
        var folder = Directory.CreateTempSubdirectory("wyckoff-folder-");
        try
        {
            await using var source = NpgsqlDataSource.Create(_database.AppConnection + ";Pooling=false");
            var tickers = new TickerDirectory(source);
            var import = new ImportRunner(
                source,
                new(source, tickers),
                tickers,
                Options.Create(new SpoolOptions()),
                TimeProvider.System,
                NullLogger<ImportRunner>.Instance
            );
            using var worker = new FolderWorker(
                import,
                Options.Create(new FeedOptions { Folder = folder.FullName }),
                TimeProvider.System,
                NullLogger<FolderWorker>.Instance
            );
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "LATE_1m.csv"),
                "time,open,high,low,close,volume\n2024-03-04T14:30:00Z,1,2,1,2,10\n",
                Token
            );
            await worker.LookAsync(Token);
            await LimitConnectionsAsync(0);
            var fault = await Assert.ThrowsAsync<PostgresException>(() => worker.LookAsync(Token));
            Assert.True(DatabaseFaults.IsAway(fault));
            await LimitConnectionsAsync(-1);
            await worker.LookAsync(Token);
            Assert.Equal(1L, await _database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        // Of 0, the server has no connection left for anybody but administrators.
        Task<int> LimitConnectionsAsync(int limit) =>
            _database.ExecuteAsync(
                $"ALTER DATABASE {new NpgsqlConnectionStringBuilder(_database.AdminConnection).Database} CONNECTION LIMIT {limit}"
            );
    }

    [Fact]
    public async Task A_folder_that_cannot_be_listed_degrades_the_service_and_does_not_end_it()
    {
        var folder = Directory.CreateTempSubdirectory("wyckoff-folder-").FullName;
        var tickers = new TickerDirectory(_database.App);
        var import = new ImportRunner(
            _database.App,
            new(_database.App, tickers),
            tickers,
            Options.Create(new SpoolOptions()),
            TimeProvider.System,
            NullLogger<ImportRunner>.Instance
        );
        using var worker = new FolderWorker(
            import,
            Options.Create(new FeedOptions { Folder = folder }),
            TimeProvider.System,
            NullLogger<FolderWorker>.Instance
        );
        await worker.LookAsync(Token);
        Assert.Equal(HealthStatus.Healthy, (await worker.CheckHealthAsync(new(), Token)).Status);

        Directory.Delete(folder);
        for (var look = 0; look <= Wyckoff.Hosting.Worker.Attempts; look++)
        {
            await worker.LookAsync(Token);
        }

        Assert.Equal(HealthStatus.Degraded, (await worker.CheckHealthAsync(new(), Token)).Status);

        Directory.CreateDirectory(folder);
        try
        {
            await File.WriteAllTextAsync(
                Path.Combine(folder, "BACK_1m.csv"),
                "time,open,high,low,close,volume\n2024-03-04T14:30:00Z,1,2,1,2,10\n",
                Token
            );
            await worker.LookAsync(Token);
            await worker.LookAsync(Token);
            Assert.Equal(HealthStatus.Healthy, (await worker.CheckHealthAsync(new(), Token)).Status);
            Assert.Equal(1L, await _database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Old_log_rows_go_but_the_last_stays()
    {
        var (symbol, _) = await AddAsync("PRUNE");
        await _database.ExecuteAsync(
            """
            INSERT INTO market.data_sync_log (ticker_id, timeframe, source, started_at, last_sync_at, status)
            SELECT id, timeframe, 'alpaca', now() - age, now() - age, 'success' FROM market.tickers, (VALUES ('1m', interval '40 d'), ('1m', '31 d'), ('1m', '29 d'), ('1d', '90 d')) AS v (timeframe, age) WHERE symbol = $1
            """,
            symbol.Value
        );
        Assert.Equal(2, await _feeds.PruneLogAsync(TimeSpan.FromDays(30), Token));
        Assert.Equal(2L, await _database.ScalarAsync<long>("SELECT count(*) FROM market.data_sync_log"));
    }

    [Fact]
    public async Task The_service_works_off_more_feeds_than_it_has_hands()
    {
        for (var i = 0; i < 10; i++)
        {
            await AddAsync($"MANY{i}");
        }

        using var worker = Worker(new() { Concurrency = 3, Poll = TimeSpan.FromMilliseconds(20) });
        await worker.StartAsync(Token);
        await Eventually.GetAsync(
            () => _database.ScalarAsync<long>("SELECT count(*) FROM market.data_sync_log WHERE status = 'success'"),
            done => done >= 10
        );

        await worker.StopAsync(Token);
        Assert.Equal(0L, await _database.ScalarAsync<long>("SELECT count(*) FROM market.leases WHERE until > clock_timestamp()"));
    }

    /// <summary>A real process, frozen with an answer on its way to it, its feed taken by another, and woken with the answer at hand.</summary>
    [Fact]
    public async Task A_process_that_was_frozen_and_wakes_late_writes_nothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGSTOP.");
        var (symbol, data) = await AddAsync("FROZEN", every: 3600);
        var (arrived, thaw) = (new TaskCompletionSource(), new TaskCompletionSource());
        var requests = 0;
        // The first request is that of the process, and it would get other bars than the second one.
        _server.Bars[symbol.Value] = [.. data.Select(bar => bar with { Open = 777, High = 777, Low = 777, Close = 777, Vwap = 777 })];
        _server.Meanwhile = async () =>
        {
            if (Interlocked.Increment(ref requests) == 1)
            {
                arrived.SetResult();
                await thaw.Task;
            }
        };
        using var process = Launch(
            "Ingestor",
            new()
            {
                ["ConnectionStrings__wyckoff"] = _database.AppConnection,
                ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
                ["Wyckoff__Samples"] = "false",
                ["Wyckoff__Sync__Lease"] = "00:05:00",
                ["Wyckoff__Feeds__Poll"] = "00:00:00.050",
                ["Wyckoff__Providers__Alpaca__KeyId"] = FakeAlpaca.KeyId,
                ["Wyckoff__Providers__Alpaca__SecretKey"] = FakeAlpaca.SecretKey,
                ["Wyckoff__Providers__Alpaca__Url"] = _server.Url.ToString(),
            }
        );
        try
        {
            await arrived.Task.WaitAsync(Token);
            Assert.Equal(0, Kill(process.Id, SigStop));
            // The request that has arrived knows its bars already.
            _server.Bars[symbol.Value] = data;
            thaw.SetResult();
            // Its leases run out, and we take the feed. They were long ones: so it does not try to renew them before it writes, and nothing but the fence is in its way.
            // A claim that it had sent before it was frozen may still be on its way through the server, and be granted: then that runs out, too.
            using var worker = Worker();
            var taken = await Eventually.GetAsync(
                async () =>
                {
                    await _database.ExecuteAsync("UPDATE market.leases SET until = clock_timestamp() - interval '1 s'");
                    return await worker.TakeDueAsync(1, Token);
                },
                taken => taken.Count > 0
            );
            await Assert.Single(taken);
            Assert.Equal(data.Select(FakeAlpaca.Incoming), await _bench.StoredAsync(symbol, Timeframe.Minute1, Token));
            var log = await _database.ScalarAsync<long>("SELECT count(*) FROM market.data_sync_log");

            Assert.Equal(0, Kill(process.Id, SigCont));
            await SaysAsync(process, "went to another instance");
            Assert.Equal(data.Select(FakeAlpaca.Incoming), await _bench.StoredAsync(symbol, Timeframe.Minute1, Token));
            Assert.Equal(log, await _database.ScalarAsync<long>("SELECT count(*) FROM market.data_sync_log"));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private const int SigStop = 19,
        SigCont = 18;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    private static Process Launch(string project, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("dotnet", [Run.Dll(project)]) { RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static async Task SaysAsync(Process process, string words)
    {
        string? line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync(Token);
        } while (
            line is not null && !line.Contains(words, StringComparison.Ordinal) && !line.Contains("Synced FROZEN", StringComparison.Ordinal)
        );

        Assert.Contains(words, line, StringComparison.Ordinal);
    }

    private FeedWorker Worker(FeedOptions? options = null)
    {
        var leases = _bench.Leases();
        return new(
            _feeds,
            _bench.Service(leases),
            leases,
            _bench.Providers(),
            Options.Create(options ?? new()),
            Options.Create(_bench.Options),
            _bench.Time,
            NullLogger<FeedWorker>.Instance
        );
    }

    private async Task<(Symbol Symbol, IReadOnlyList<FakeBar> Data)> AddAsync(string name, int every = 60)
    {
        var symbol = Symbol.Parse(name);
        var data = FakeAlpaca.Make(new Random(name.Length), Timeframe.Minute1, Start, 60);
        _server.Bars[name] = data;
        await _feeds.AddAsync(symbol, Timeframe.Minute1, "alpaca", Start, TimeSpan.FromSeconds(every), false, Token);
        return (symbol, data);
    }
}
