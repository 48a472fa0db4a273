using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Ingestor.Sync;
using Wyckoff.Postgres;
using Wyckoff.Primitives;
using Wyckoff.Sync;
using Wyckoff.Tests.Imports;

namespace Wyckoff.Tests.Sync;

/// <summary>Tests of feeds. Each test has its own database, because every worker claims any due feed.</summary>
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
    public async Task A_due_feed_is_synced_and_scheduled_again()
    {
        var (symbol, data) = await AddAsync("DUE", every: 3600);
        using var worker = Worker();
        await Task.WhenAll(await worker.StartDueAsync(4, Token));
        Assert.Equal(data.Select(FakeAlpaca.Incoming), await _bench.StoredAsync(symbol, Timeframe.Minute1, Token));
        Assert.Equal(0, await _feeds.CountDueAsync(Token));
        Assert.Empty(await worker.StartDueAsync(4, Token));
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
    public async Task A_failed_feed_has_the_status_failed_and_is_scheduled_again()
    {
        await AddAsync("FAILS");
        _server.NextFault = () => Fault.ServerError;
        using var worker = Worker();
        await Task.WhenAll(await worker.StartDueAsync(4, Token));
        Assert.Equal(("failed", 0L), (Assert.Single(await _feeds.ListAsync(Token)).Status, await _feeds.CountDueAsync(Token)));
    }

    [Fact]
    public async Task Replicas_share_the_due_feeds_and_claim_none_twice()
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
        // Concurrent claims skip locked rows, so some feeds may be left; they can still be claimed.
        var rest = await _feeds.ClaimDueAsync("i3", ["alpaca"], 100, TimeSpan.FromMinutes(1), Token);
        Assert.Equal(
            symbols.Order(Comparer<Symbol>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value))).Select(symbol => symbol.Value),
            all.Concat(rest).Select(claim => claim.Feed.Symbol.Value).Order(StringComparer.Ordinal)
        );
        Assert.Empty(await _feeds.ClaimDueAsync("i4", ["alpaca"], 100, TimeSpan.FromMinutes(1), Token));
    }

    [Fact]
    public async Task Feeds_of_a_dead_replica_are_taken_over_when_its_leases_expire()
    {
        var (symbol, _) = await AddAsync("DEAD");
        Assert.Single(await _feeds.ClaimDueAsync("dead", ["alpaca"], 4, TimeSpan.FromMinutes(5), Token));
        using var worker = Worker();
        Assert.Empty(await worker.StartDueAsync(4, Token));
        await _database.ExecuteAsync("UPDATE market.leases SET until = clock_timestamp() - interval '1 s' WHERE name LIKE 'feed/%'");
        await Task.WhenAll(await worker.StartDueAsync(4, Token));
        Assert.NotEmpty(await _bench.StoredAsync(symbol, Timeframe.Minute1, Token));
        Assert.Equal(2L, await _database.ScalarAsync<long>("SELECT version FROM market.leases WHERE name LIKE 'feed/%'"));
    }

    [Fact]
    public async Task Feeds_of_providers_that_are_not_configured_are_not_claimed()
    {
        await _feeds.AddAsync(Symbol.Parse("OTHER"), Timeframe.Day1, "stooq", Start, TimeSpan.FromHours(1), false, Token);
        using var worker = Worker();
        Assert.Empty(await worker.StartDueAsync(4, Token));
        Assert.Equal(1, await _feeds.CountDueAsync(Token));
    }

    [Fact]
    public async Task Adding_a_feed_again_updates_it_and_removing_deletes_it()
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
    public async Task Files_in_the_folder_are_imported_and_their_range_is_not_fetched()
    {
        var folder = Directory.CreateTempSubdirectory("wyckoff-folder-");
        try
        {
            using var worker = FolderWorker(_database.App, folder.FullName);
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "DROP_1m.csv"),
                "time,open,high,low,close,volume\n2024-03-04T14:30:00Z,1,2,1,2,10\n2024-03-04T14:32:00Z,2,3,2,3,10\n",
                Token
            );
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "BAD_1m.csv"), "nothing that anybody could read\n", Token);
            await worker.ScanAsync(Token);
            Assert.Equal(0L, await _database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m"));
            await worker.ScanAsync(Token);
            await worker.ScanAsync(Token);
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
    public async Task A_file_that_appeared_while_the_database_was_away_is_imported_later()
    {
        var folder = Directory.CreateTempSubdirectory("wyckoff-folder-");
        try
        {
            await using var source = NpgsqlDataSource.Create(_database.AppConnection + ";Pooling=false");
            using var worker = FolderWorker(source, folder.FullName);
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "LATE_1m.csv"),
                "time,open,high,low,close,volume\n2024-03-04T14:30:00Z,1,2,1,2,10\n",
                Token
            );
            await worker.ScanAsync(Token);
            await LimitConnectionsAsync(0);
            var fault = await Assert.ThrowsAsync<PostgresException>(() => worker.ScanAsync(Token));
            Assert.True(DatabaseFaults.IsAway(fault));
            await LimitConnectionsAsync(-1);
            await worker.ScanAsync(Token);
            Assert.Equal(1L, await _database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        // With a limit of 0 only administrators can connect.
        Task<int> LimitConnectionsAsync(int limit) =>
            _database.ExecuteAsync(
                $"ALTER DATABASE {new NpgsqlConnectionStringBuilder(_database.AdminConnection).Database} CONNECTION LIMIT {limit}"
            );
    }

    [Fact]
    public async Task A_folder_that_cannot_be_listed_makes_the_health_degraded_until_it_is_back()
    {
        var folder = Directory.CreateTempSubdirectory("wyckoff-folder-").FullName;
        using var worker = FolderWorker(_database.App, folder);
        await worker.ScanAsync(Token);
        Assert.Equal(HealthStatus.Healthy, (await worker.CheckHealthAsync(new(), Token)).Status);

        Directory.Delete(folder);
        for (var look = 0; look <= Wyckoff.Hosting.Worker.Attempts; look++)
        {
            await worker.ScanAsync(Token);
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
            await worker.ScanAsync(Token);
            await worker.ScanAsync(Token);
            Assert.Equal(HealthStatus.Healthy, (await worker.CheckHealthAsync(new(), Token)).Status);
            Assert.Equal(1L, await _database.ScalarAsync<long>("SELECT count(*) FROM market.bars_1m"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Old_log_rows_are_deleted_except_the_newest()
    {
        var (symbol, _) = await AddAsync("PRUNE");
        await _database.ExecuteAsync(
            """
            INSERT INTO market.data_sync_log (ticker_id, timeframe, source, started_at, last_sync_at, status)
            SELECT id, timeframe, 'alpaca', now() - age, now() - age, 'success'
              FROM market.tickers,
                   (VALUES ('1m', interval '40 d'), ('1m', '31 d'), ('1m', '29 d'), ('1d', '90 d')) AS v (timeframe, age)
             WHERE symbol = $1
            """,
            symbol.Value
        );
        Assert.Equal(2, await _feeds.PruneLogAsync(TimeSpan.FromDays(30), Token));
        Assert.Equal(2L, await _database.ScalarAsync<long>("SELECT count(*) FROM market.data_sync_log"));
    }

    [Fact]
    public async Task The_worker_syncs_more_feeds_than_it_has_slots()
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

    /// <summary>
    /// Freezes a real process while an answer is in transit to it, lets another worker sync the feed, and resumes the process, which then
    /// receives the answer.
    /// </summary>
    [Fact]
    public async Task A_process_that_was_frozen_past_its_lease_writes_nothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGSTOP.");
        var (symbol, data) = await AddAsync("FROZEN", every: 3600);
        var (arrived, thaw) = (new TaskCompletionSource(), new TaskCompletionSource());
        var requests = 0;
        // The first request comes from the process and gets other bars than the second request.
        _server.Bars[symbol.Value] = [.. data.Select(bar => bar with { Open = 777, High = 777, Low = 777, Close = 777, Vwap = 777 })];
        _server.BeforeAnswer = async () =>
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
            // The first request has already read its bars.
            _server.Bars[symbol.Value] = data;
            thaw.SetResult();
            // Expire its leases and claim the feed. The leases are long, so the process does not renew them before it writes, and only the
            // fence prevents the write. A claim that the process sent before it was frozen may still be granted, so the leases are expired
            // in a loop.
            using var worker = Worker();
            var taken = await Eventually.GetAsync(
                async () =>
                {
                    await _database.ExecuteAsync("UPDATE market.leases SET until = clock_timestamp() - interval '1 s'");
                    return await worker.StartDueAsync(1, Token);
                },
                taken => taken.Count > 0
            );
            await Assert.Single(taken);
            Assert.Equal(data.Select(FakeAlpaca.Incoming), await _bench.StoredAsync(symbol, Timeframe.Minute1, Token));
            var log = await _database.ScalarAsync<long>("SELECT count(*) FROM market.data_sync_log");

            Assert.Equal(0, Kill(process.Id, SigCont));
            await LogsAsync(process, "is lost; another replica may sync it");
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

    private static async Task LogsAsync(Process process, string text)
    {
        string? line;
        do
        {
            line = await process.StandardOutput.ReadLineAsync(Token);
        } while (
            line is not null && !line.Contains(text, StringComparison.Ordinal) && !line.Contains("Synced FROZEN", StringComparison.Ordinal)
        );

        Assert.Contains(text, line, StringComparison.Ordinal);
    }

    private static FolderWorker FolderWorker(NpgsqlDataSource source, string folder)
    {
        var import = TestImports.Runner(source);
        return new(import, Options.Create(new FeedOptions { Folder = folder }), TimeProvider.System, NullLogger<FolderWorker>.Instance);
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
