using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wyckoff.Postgres;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>Two replicas, one Redis, one PostgreSQL with a streaming standby.</summary>
[Collection(nameof(FaultRig))]
public sealed class StandbyTests(FaultRig rig, StandbyRig standby, ITestOutputHelper output) : IClassFixture<StandbyRig>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_replicas_give_the_same_bytes_and_read_them_from_the_standby()
    {
        var replicas = standby.Replicas;
        await using var bars = await rig.BarsAsync(21);
        for (var write = 0; write < 50; write++)
        {
            await bars.OnceAsync();
        }

        using var client = new HttpClient();
        var before = await standby.ReadsAsync();
        for (var first = 0; first < 100; first++)
        {
            string[] queries =
            [
                "last=50",
                "last=7",
                $"from={bars.TimeOf(first):yyyy-MM-ddTHH:mm:ssZ}&limit=60",
                $"from={bars.TimeOf(first):yyyy-MM-ddTHH:mm:ssZ}&limit=20&layout=columns",
            ];
            foreach (var query in queries)
            {
                var answers = await Task.WhenAll(
                    replicas.Select(replica =>
                        client.GetStringAsync(new Uri(replica.Address, $"/v1/bars/{bars.Symbol}?timeframe=1m&{query}"), Token)
                    )
                );
                Assert.Equal(answers[0], answers[1]);
                Assert.Equal(bars.Acknowledged, JsonDocument.Parse(answers[0]).RootElement.GetProperty("version").GetInt64());
            }
        }

        // After another test it may have to be found again; and the server counts with a delay.
        await Eventually.GetAsync(
            async () =>
            {
                foreach (var replica in replicas)
                {
                    for (var first = 0; first < 10; first++)
                    {
                        await client.GetStringAsync(
                            new Uri(
                                replica.Address,
                                $"/v1/bars/{bars.Symbol}?timeframe=1m&from={bars.TimeOf(first):yyyy-MM-ddTHH:mm:ssZ}&limit=20&layout=columns"
                            ),
                            Token
                        );
                    }
                }

                return await standby.ReadsAsync() - before;
            },
            reads => reads >= 300,
            reads => $"{reads} reads came to the standby"
        );
    }

    [Fact]
    public async Task Nothing_stale_is_read_while_the_standby_stands_still()
    {
        var replicas = standby.Replicas;
        await using var bars = await rig.BarsAsync(22);
        await using var load = new ReadLoad(replicas, bars, readers: 6, seed: 22);
        using var stop = new CancellationTokenSource();
        var writer = bars.RunAsync(TimeSpan.FromMilliseconds(10), stop.Token);
        await load.AnsweredAsync(100);

        await standby.ExecuteAsync("SELECT pg_wal_replay_pause()");
        try
        {
            await load.ProgressAsync();
            var written = bars.Acknowledged;
            await load.AnsweredAsync(100);
            Assert.True(load.History.Answers.Max(answer => answer.Version) >= written);
            var postgres = await HealthAsync(replicas[0]);
            Assert.Equal("Healthy", postgres.GetProperty("status").GetString());
            var host = postgres.GetProperty("hosts").GetProperty(StandbyName);
            Assert.Equal("Standby", host.GetProperty("state").GetString());
            Assert.True(host.GetProperty("lagBytes").GetInt64() > 0, host.ToString());
            Assert.True(host.GetProperty("lagSeconds").GetDouble() > 0, host.ToString());
        }
        finally
        {
            await standby.ExecuteAsync("SELECT pg_wal_replay_resume()");
        }

        await load.ProgressAsync();
        await stop.CancelAsync();
        await writer;
        await load.StopAndCheckAllAsync();
        output.WriteLine($"{load.History.Count} answers, {load.Unchanged} of them 304, over {bars.Acknowledged} versions");
    }

    [Fact]
    public async Task A_commit_that_only_the_standby_shows_is_not_told_yet()
    {
        var replicas = standby.Replicas;
        await using var bars = await rig.BarsAsync(24);
        string[] queries = ["last=50", "from=2000-01-01&limit=50", $"from={bars.TimeOf(0):yyyy-MM-dd}&limit=1000&format=ndjson"];
        long before;
        Task write;
        // There is but one standby, so a commit that has to be on two is on that one for a long time before anybody sees it on the primary.
        await rig.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = 'ANY 2 (*)'", "SELECT pg_reload_conf()");
        try
        {
            // The setting takes effect a moment after the reload; commits until then do not wait.
            do
            {
                before = bars.Acknowledged;
                write = bars.OnceAsync();
                await Eventually.HoldsAsync(async () => write.IsCompleted || await rig.IsWaitingForStandbysAsync());
                Assert.True(before < 50, "No commit waits for two standbys.");
            } while (write.IsCompletedSuccessfully);

            await Eventually.GetAsync(
                () => standby.VersionAsync(bars.Symbol),
                version => version > before,
                version => $"the standby shows version {version}"
            );
            foreach (var query in queries)
            {
                Assert.All(await VersionsAsync(replicas, bars, query), version => Assert.Equal(before, version));
            }

            Assert.False(write.IsCompleted, "The write has not waited for a second standby.");
        }
        finally
        {
            await rig.ExecuteAsync("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
        }

        await write;
        Assert.Equal(before + 1, bars.Acknowledged);
        foreach (var query in queries)
        {
            // Not before the replica may no longer go by what it has just asked.
            await Eventually.GetAsync(
                () => VersionsAsync(replicas, bars, query),
                versions => versions.All(version => version == before + 1),
                versions => $"versions {string.Join(", ", versions)}"
            );
        }
    }

    [Fact]
    public async Task A_standby_may_be_killed_and_come_back_without_an_error()
    {
        var replicas = standby.Replicas;
        await using var bars = await rig.BarsAsync(23);
        await using var load = new ReadLoad(replicas, bars, readers: 6, seed: 23);
        using var stop = new CancellationTokenSource();
        var writer = bars.RunAsync(TimeSpan.FromMilliseconds(20), stop.Token);
        await load.AnsweredAsync(100);

        await standby.KillAsync();
        await load.ProgressAsync();
        await Eventually.GetAsync(
            () => HealthAsync(replicas[1]),
            postgres =>
                postgres.GetProperty("status").GetString() == "Degraded"
                && postgres.GetProperty("hosts").GetProperty(StandbyName).GetProperty("state").GetString() == "Away"
        );
        await standby.RestartAsync();
        await Eventually.GetAsync(standby.ReadsAsync, reads => reads > 50, reads => $"{reads} reads came to the standby after its return");

        await stop.CancelAsync();
        await writer;
        await load.StopAndCheckAllAsync();
        output.WriteLine($"{load.History.Count} answers, {load.Unchanged} of them 304, over {bars.Acknowledged} versions");
    }

    [Fact]
    public async Task A_standby_that_freezes_holds_reads_up_only_once()
    {
        _ = standby.Replicas;
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        await using var sources = new DataSources(new(standby.Connection));
        var database = new Database(sources, time, NullLogger<Database>.Instance);
        // After another test it may have to be found again.
        await Eventually.GetAsync(IsOfStandbyAsync, isOfStandby => isOfStandby);
        await Signals.FreezeAsync(standby.Standby);
        try
        {
            // The clock stands still: a read that waits for the frozen standby ends only when the test advances the clock.
            var held = IsOfStandbyAsync();
            await time.WaitedForAsync(Database.StandbyPatience);
            time.Advance(Database.StandbyPatience);
            Assert.False(await held);
            for (var read = 0; read < 20; read++)
            {
                Assert.False(await IsOfStandbyAsync());
            }
        }
        finally
        {
            await Signals.ThawAsync(standby.Standby);
        }

        time.Advance(Database.StandbyRest);
        await Eventually.GetAsync(IsOfStandbyAsync, isOfStandby => isOfStandby);

        Task<bool> IsOfStandbyAsync() => database.OpenOnStandbyAsync(AskAsync, Token);
    }

    [Fact]
    public async Task While_a_standby_is_away_one_read_at_a_time_finds_out_whether_it_is_back()
    {
        _ = standby.Replicas;
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        await using var sources = new DataSources(new(standby.Connection));
        var database = new Database(sources, time, NullLogger<Database>.Instance);
        var (isFrozen, held) = (false, 0);
        await Eventually.GetAsync(IsOfStandbyAsync, isOfStandby => isOfStandby);

        isFrozen = true;
        var first = Enumerable.Range(0, 3).Select(_ => IsOfStandbyAsync()).ToArray();
        await Eventually.HoldsAsync(() => Volatile.Read(ref held) == 3);
        time.Advance(Database.StandbyPatience);
        Assert.All(await Task.WhenAll(first), Assert.False);
        for (var trial = 4; trial < 7; trial++)
        {
            Assert.False(await IsOfStandbyAsync());
            time.Advance(Database.StandbyRest);
            var tried = IsOfStandbyAsync();
            await Eventually.HoldsAsync(() => Volatile.Read(ref held) == trial);
            Assert.All(await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => IsOfStandbyAsync())), Assert.False);
            time.Advance(Database.StandbyPatience);
            Assert.False(await tried);
            Assert.Equal(trial, held);
        }

        isFrozen = false;
        time.Advance(Database.StandbyRest);
        Assert.True(await IsOfStandbyAsync());
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => IsOfStandbyAsync())), Assert.True);

        Task<bool> IsOfStandbyAsync() =>
            database.OpenOnStandbyAsync(
                async (connection, token) =>
                {
                    var isOfStandby = await AskAsync(connection, token);
                    if (isOfStandby && isFrozen)
                    {
                        Interlocked.Increment(ref held);
                        await Task.Delay(Timeout.Infinite, token);
                    }

                    return isOfStandby;
                },
                Token
            );
    }

    private static async Task<bool> AskAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (connection)
        {
            await using var command = new NpgsqlCommand("SELECT pg_is_in_recovery()", connection);
            return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
    }

    [Fact]
    public async Task Every_question_is_answered_while_a_standby_is_frozen()
    {
        var replicas = standby.Replicas;
        await using var bars = await rig.BarsAsync(25);
        await using var load = new ReadLoad(replicas, bars, readers: 6, seed: 25);
        using var stop = new CancellationTokenSource();
        var writer = bars.RunAsync(TimeSpan.FromMilliseconds(20), stop.Token);
        await load.AnsweredAsync(200);
        await Signals.FreezeAsync(standby.Standby);
        try
        {
            await load.ProgressAsync();
        }
        finally
        {
            await Signals.ThawAsync(standby.Standby);
        }

        await stop.CancelAsync();
        await writer;
        await load.StopAndCheckAllAsync();
        var slowest = load.History.Answers.Max(answer => Stopwatch.GetElapsedTime(answer.Began, answer.Ended));
        output.WriteLine($"{load.History.Count} answers over {bars.Acknowledged} versions; the slowest took {slowest.TotalSeconds:0.0} s");
    }

    private string StandbyName => $"127.0.0.1:{standby.Standby.Port}";

    private static async Task<long[]> VersionsAsync(IEnumerable<ApiProcess> replicas, NumberedBars bars, string query)
    {
        using var client = new HttpClient();
        return await Task.WhenAll(
            replicas.Select(async replica =>
            {
                using var response = await client.GetAsync(new Uri(replica.Address, $"/v1/bars/{bars.Symbol}?timeframe=1m&{query}"), Token);
                response.EnsureSuccessStatusCode();
                return long.Parse(response.Headers.GetValues(ReadLoad.VersionHeader).Single(), CultureInfo.InvariantCulture);
            })
        );
    }

    private static async Task<JsonElement> HealthAsync(ApiProcess replica)
    {
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri(replica.Address, "/health"), Token);
        return JsonDocument
            .Parse(await response.Content.ReadAsStringAsync(Token))
            .RootElement.GetProperty("dependencies")
            .GetProperty("postgres");
    }
}
