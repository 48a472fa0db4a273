using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Wyckoff.Hosting;
using Wyckoff.Ingestor.Indicators;
using Wyckoff.Ingestor.Maintenance;
using Wyckoff.Redis;
using Wyckoff.Sync;

namespace Wyckoff.Tests.Hosting;

/// <summary>Tests the fault policy of workers, with a clock that the test controls.</summary>
public sealed class WorkerTests
{
    /// <summary>Names under .invalid never resolve (RFC 6761).</summary>
    private const string Nowhere = "Host=nowhere.invalid;Username=wyckoff_app;Password=x;Database=wyckoff;Pooling=false";

    private const int WithoutDatabase = 1010,
        Failed = 1011,
        Recovered = 1012,
        GaveUp = 1013;
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 15, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task A_worker_retries_until_the_database_answers_and_its_health_follows()
    {
        var time = new ManualTime(Start);
        using var worker = new ScriptedWorker(
            time,
            () => throw new SocketException((int)SocketError.HostNotFound),
            () => throw new TimeoutException("The operation has timed out.") { Source = "Npgsql" },
            () => throw new NpgsqlException("reading", new IOException("connection reset")),
            () => true
        );
        Assert.Equal(HealthStatus.Healthy, (await worker.CheckHealthAsync(new(), Token)).Status);
        await worker.StartAsync(Token);
        for (var failures = 1; failures <= 3; failures++)
        {
            await PausedAsync(time, failures);
            var health = await worker.CheckHealthAsync(new(), Token);
            Assert.Equal(HealthStatus.Degraded, health.Status);
            Assert.Contains("the database is away, last success ", health.Description, StringComparison.Ordinal);
            time.Advance(LongestPause(failures));
        }

        await time.WaitedForAsync(ScriptedWorker.Every);
        var again = await worker.CheckHealthAsync(new(), Token);
        Assert.Equal((HealthStatus.Healthy, "scripted"), (again.Status, again.Description));
        Assert.Equal([WithoutDatabase, Recovered], worker.Logged.Select(entry => entry.Id));
        Assert.All(worker.Logged, entry => Assert.Null(entry.Exception));
        await worker.StopAsync(Token);
        Assert.True(worker.ExecuteTask!.IsCompletedSuccessfully);
    }

    [Fact(Timeout = 30_000)]
    public async Task Other_faults_are_logged_with_their_exception_and_end_the_worker_if_they_persist()
    {
        var fault = new InvalidOperationException("A fault of the program.");
        using var worker = new ScriptedWorker(new(Start) { RingsUnder = TimeSpan.FromMinutes(1) }, () => throw fault);
        await worker.StartAsync(Token);
        Assert.Same(fault, await Assert.ThrowsAsync<InvalidOperationException>(() => worker.ExecuteTask!));
        Assert.Equal(Worker.Attempts, worker.Rounds);
        Assert.Equal([.. Enumerable.Repeat(Failed, Worker.Attempts), GaveUp], worker.Logged.Select(entry => entry.Id));
        Assert.All(worker.Logged.Take(Worker.Attempts), entry => Assert.Same(fault, entry.Exception));
        var health = await worker.CheckHealthAsync(new(), Token);
        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.StartsWith("failing, last success ", health.Description, StringComparison.Ordinal);
        Assert.DoesNotContain(fault.Message, health.Description, StringComparison.Ordinal);
        Assert.Equal("error", health.Data["error"]);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_success_resets_the_number_of_attempts()
    {
        var rounds = 0;
        // With this clock no wait takes time.
        var time = new ManualTime(Start) { RingsUnder = 2 * ScriptedWorker.Every };
        using var worker = new ScriptedWorker(
            time,
            () => ++rounds % Worker.Attempts == 0 ? rounds < 5 * Worker.Attempts : throw new InvalidOperationException("Now and then.")
        );
        await worker.StartAsync(Token);
        await worker.ExecuteTask!;
        Assert.Equal(5 * Worker.Attempts, worker.Rounds);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_round_that_fails_because_the_worker_is_stopped_is_no_failure()
    {
        var (entered, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var worker = new ScriptedWorker(
            new(Start),
            () =>
            {
                entered.SetResult();
                left.Task.Wait(Token);
                throw new ObjectDisposedException("connection");
            }
        );
        await worker.StartAsync(Token);
        await entered.Task;
        var stopping = worker.StopAsync(Token);
        left.SetResult();
        await stopping;
        Assert.True(worker.ExecuteTask!.IsCompletedSuccessfully);
    }

    [Fact(Timeout = 30_000)]
    public async Task Indicators_wait_for_a_database_whose_name_does_not_resolve()
    {
        await using var source = NpgsqlDataSource.Create(Nowhere);
        await using var redis = new RedisConnection(new ConfigurationBuilder().Build(), NullLogger<RedisConnection>.Instance);
        var time = new ManualTime(Start);
        using var worker = new IndicatorWorker(
            new(source, time),
            redis,
            Options.Create(new IndicatorOptions()),
            time,
            NullLogger<IndicatorWorker>.Instance
        );
        await IsWaitingAsync(worker, time);
    }

    [Fact(Timeout = 30_000)]
    public async Task Maintenance_waits_for_a_database_whose_name_does_not_resolve()
    {
        await using var database = new MaintenanceDatabase(Nowhere);
        var time = new ManualTime(Start);
        var round = new MaintenanceRound(database, [], [], TimeSpan.FromDays(30), NullLogger<MaintenanceRound>.Instance);
        using var worker = new MaintenanceWorker(
            database,
            round,
            Options.Create(new MaintenanceOptions()),
            time,
            NullLogger<MaintenanceWorker>.Instance
        );
        await IsWaitingAsync(worker, time);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_lease_is_kept_although_the_name_of_the_database_is_not_resolved_for_a_while()
    {
        await using var source = NpgsqlDataSource.Create(Nowhere);
        var time = new ManualTime(Start);
        var duration = TimeSpan.FromMinutes(3);
        var store = new LeaseStore(source, "holder", time, NullLogger<LeaseStore>.Instance);
        var held = store.Hold(
            new()
            {
                Name = "lease",
                Holder = "holder",
                Version = 1,
                Until = Start + duration,
            },
            duration
        );
        await time.WaitedForAsync(duration / 3);
        time.Advance(duration / 3);
        // The renewal failed, and the lease waits for the next attempt.
        await time.WaitedForAsync(duration / 3);
        Assert.False(held.Lost.IsCancellationRequested);
        await held.DisposeAsync();
    }

    private static async Task IsWaitingAsync(Worker worker, ManualTime time)
    {
        await worker.StartAsync(Token);
        for (var failures = 1; failures <= 2; failures++)
        {
            await Task.WhenAny(PausedAsync(time, failures), worker.ExecuteTask!);
            Assert.False(worker.ExecuteTask!.IsCompleted, worker.ExecuteTask.Exception?.ToString());
            var health = await worker.CheckHealthAsync(new(), Token);
            Assert.Equal(HealthStatus.Degraded, health.Status);
            Assert.Contains("the database is away", health.Description, StringComparison.Ordinal);
            time.Advance(LongestPause(failures));
        }

        await worker.StopAsync(Token);
        Assert.True(worker.ExecuteTask!.IsCompletedSuccessfully);
    }

    private static Task PausedAsync(ManualTime time, int failures) =>
        time.WaitedForAsync(LongestPause(failures) / 2, LongestPause(failures));

    /// <summary>
    /// The longest possible pause after a number of failures. Advancing the clock by it ends this pause but not the next one.
    /// </summary>
    private static TimeSpan LongestPause(int failures) => Worker.FirstPause * (1 << (failures - 1));

    /// <summary>A worker whose rounds run the given functions; the last one repeats.</summary>
    private sealed class ScriptedWorker : Worker
    {
        public static readonly TimeSpan Every = TimeSpan.FromHours(1);

        private readonly Func<bool>[] _rounds;

        public ScriptedWorker(ManualTime time, params Func<bool>[] rounds)
            : this(time, new LogCollector(), rounds) { }

        private ScriptedWorker(ManualTime time, LogCollector log, Func<bool>[] rounds)
            : base(time, log) => (Logged, _rounds) = (log.Entries, rounds);

        public ConcurrentQueue<LogEntry> Logged { get; }

        public int Rounds { get; private set; }

        protected override HealthCheckResult Health() => HealthCheckResult.Healthy("scripted");

        protected override Task<bool> RoundAsync(CancellationToken stoppingToken) =>
            Task.FromResult(_rounds[Math.Min(Rounds++, _rounds.Length - 1)]());

        protected override Task WaitAsync(CancellationToken stoppingToken) => Task.Delay(Every, Time, stoppingToken);
    }
}
