using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>Two replicas, one Redis, one PostgreSQL with a streaming standby.</summary>
[Collection(nameof(FaultRig))]
public sealed class StandbyTests(FaultRig rig, StandbyRig standby, ITestOutputHelper output) : IClassFixture<StandbyRig>
{
    private static readonly TimeSpan While = TimeSpan.FromSeconds(1.2 * FaultRig.Length);

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
            string[] queries = ["last=50", "last=7", $"from={bars.TimeOf(first):yyyy-MM-ddTHH:mm:ssZ}&limit=60", $"from={bars.TimeOf(first):yyyy-MM-ddTHH:mm:ssZ}&limit=20&layout=columns"];
            foreach (var query in queries)
            {
                var answers = await Task.WhenAll(replicas.Select(replica => client.GetStringAsync(new Uri(replica.Address, $"/v1/bars/{bars.Symbol}?timeframe=1m&{query}"), Token)));
                Assert.Equal(answers[0], answers[1]);
                Assert.Equal(bars.Acknowledged, JsonDocument.Parse(answers[0]).RootElement.GetProperty("version").GetInt64());
            }
        }

        // After another test it may have to be found again; and the server counts with a delay.
        await UntilAsync(
            async () =>
            {
                foreach (var replica in replicas)
                {
                    for (var first = 0; first < 10; first++)
                    {
                        await client.GetStringAsync(new Uri(replica.Address, $"/v1/bars/{bars.Symbol}?timeframe=1m&from={bars.TimeOf(first):yyyy-MM-ddTHH:mm:ssZ}&limit=20&layout=columns"), Token);
                    }
                }

                return await standby.ReadsAsync() >= before + 300;
            },
            async () => $"Only {await standby.ReadsAsync() - before} reads came to the standby.");
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
            await Task.Delay(While, Token);
            var written = bars.Acknowledged;
            await load.AnsweredAsync(100);
            Assert.True(load.History.Answers.Max(answer => answer.Version) >= written);
            var postgres = await HealthAsync(replicas[0]);
            Assert.Equal("Healthy", postgres.GetProperty("status").GetString());
            var host = postgres.GetProperty("hosts").GetProperty($"127.0.0.1:{standby.Standby.Port}");
            Assert.Equal("Standby", host.GetProperty("state").GetString());
            Assert.True(host.GetProperty("lagBytes").GetInt64() > 0, host.ToString());
            Assert.True(host.GetProperty("lagSeconds").GetDouble() > 0, host.ToString());
        }
        finally
        {
            await standby.ExecuteAsync("SELECT pg_wal_replay_resume()");
        }

        await Task.Delay(While, Token);
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
        var before = bars.Acknowledged;
        string[] queries = ["last=50", "from=2000-01-01&limit=50", $"from={bars.TimeOf(0):yyyy-MM-dd}&limit=1000&format=ndjson"];
        Task write;
        // There is but one standby, so a commit that has to be on two is on that one for a long time before anybody sees it on the primary.
        await rig.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = 'ANY 2 (*)'", "SELECT pg_reload_conf()");
        try
        {
            write = bars.OnceAsync();
            await UntilAsync(async () => await standby.VersionAsync(bars.Symbol) > before, () => Task.FromResult("The standby has not replayed the write."));
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
            Assert.All(await VersionsAsync(replicas, bars, query), version => Assert.Equal(before + 1, version));
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
        await Task.Delay(While, Token);
        var postgres = await HealthAsync(replicas[1]);
        Assert.Equal("Degraded", postgres.GetProperty("status").GetString());
        Assert.Equal("Away", postgres.GetProperty("hosts").GetProperty($"127.0.0.1:{standby.Standby.Port}").GetProperty("state").GetString());
        await standby.RestartAsync();
        var back = Stopwatch.GetTimestamp();
        await UntilAsync(async () => await standby.ReadsAsync() > 50, () => Task.FromResult("No read came to the standby after its return."));
        output.WriteLine($"read from again {Stopwatch.GetElapsedTime(back).TotalSeconds:0.0} s after its return");

        await stop.CancelAsync();
        await writer;
        await load.StopAndCheckAllAsync();
        output.WriteLine($"{load.History.Count} answers, {load.Unchanged} of them 304, over {bars.Acknowledged} versions");
    }

    [Fact]
    public async Task A_standby_that_freezes_holds_reads_up_only_once()
    {
        var replicas = standby.Replicas;
        await using var bars = await rig.BarsAsync(25);
        await using var load = new ReadLoad(replicas, bars, readers: 6, seed: 25);
        await load.AnsweredAsync(200);
        await Signals.FreezeAsync(standby.Standby);
        try
        {
            // Whoever was under way waits for a while; then all are answered, and it is still frozen.
            await Task.Delay(TimeSpan.FromSeconds(5), Token);
            await load.AnsweredAsync(200);
        }
        finally
        {
            await Signals.ThawAsync(standby.Standby);
        }

        await load.StopAndCheckAllAsync();
        var slowest = load.History.Answers.Max(answer => Stopwatch.GetElapsedTime(answer.Began, answer.Ended));
        output.WriteLine($"{load.History.Count} answers; the slowest took {slowest.TotalSeconds:0.0} s");
        Assert.True(slowest < TimeSpan.FromSeconds(12), $"An answer took {slowest}.");
    }

    private static async Task<long[]> VersionsAsync(IEnumerable<ApiProcess> replicas, NumberedBars bars, string query)
    {
        using var client = new HttpClient();
        return await Task.WhenAll(replicas.Select(async replica =>
        {
            using var response = await client.GetAsync(new Uri(replica.Address, $"/v1/bars/{bars.Symbol}?timeframe=1m&{query}"), Token);
            response.EnsureSuccessStatusCode();
            return long.Parse(response.Headers.GetValues(ReadLoad.VersionHeader).Single(), CultureInfo.InvariantCulture);
        }));
    }

    private static async Task<JsonElement> HealthAsync(ApiProcess replica)
    {
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri(replica.Address, "/health"), Token);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token)).RootElement.GetProperty("dependencies").GetProperty("postgres");
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, Func<Task<string>> otherwise)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(100, Token))
        {
            if (waited.Elapsed > TimeSpan.FromSeconds(20))
            {
                Assert.Fail(await otherwise());
            }
        }
    }
}
