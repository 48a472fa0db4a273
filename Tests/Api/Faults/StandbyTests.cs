using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wyckoff.Postgres;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>Tests reads by two replicas that share one Redis and one PostgreSQL with a streaming standby.</summary>
[Collection(nameof(FaultRig))]
public sealed class StandbyTests(FaultRig rig, StandbyRig standby, ITestOutputHelper output) : IClassFixture<StandbyRig>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_replicas_return_the_same_bytes_and_read_from_the_standby()
    {
        var replicas = standby.Replicas;
        await using var bars = await rig.BarsAsync(21);
        for (var write = 0; write < 50; write++)
        {
            await bars.WriteOnceAsync();
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

        // Replicas may still avoid the standby after another test, and the server updates its statistics with a delay.
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
                                $"/v1/bars/{bars.Symbol}?timeframe=1m&limit=20&layout=columns"
                                    + $"&from={bars.TimeOf(first):yyyy-MM-ddTHH:mm:ssZ}"
                            ),
                            Token
                        );
                    }
                }

                return await standby.ReadsAsync() - before;
            },
            reads => reads >= 300,
            reads => $"the standby served {reads} reads"
        );
    }

    [Fact]
    public async Task No_stale_bars_are_read_while_replay_on_the_standby_is_paused()
    {
        var replicas = standby.Replicas;
        await using var bars = await rig.BarsAsync(22);
        await using var load = new ReadLoad(replicas, bars, readers: 6, seed: 22);
        bars.StartWriting(TimeSpan.FromMilliseconds(10));
        await load.WaitForAnswersAsync(100);

        await standby.ExecuteAsync("SELECT pg_wal_replay_pause()");
        try
        {
            await load.WaitForProgressAsync();
            var written = bars.Acknowledged;
            await load.WaitForAnswersAsync(100);
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

        await load.WaitForProgressAsync();
        await bars.StopWritingAsync();
        await load.StopAndCheckAllAsync();
        output.WriteLine(load.Summary);
    }

    [Fact]
    public async Task A_commit_that_only_the_standby_shows_is_not_returned_yet()
    {
        var replicas = standby.Replicas;
        await using var bars = await rig.BarsAsync(24);
        string[] queries = ["last=50", "from=2000-01-01&limit=50", $"from={bars.TimeOf(0):yyyy-MM-dd}&limit=1000&format=ndjson"];
        long before;
        Task write;
        // A commit that must reach two standbys never completes with one standby: the standby shows the change, the primary does not.
        await rig.ExecuteAsync("ALTER SYSTEM SET synchronous_standby_names = 'ANY 2 (*)'", "SELECT pg_reload_conf()");
        try
        {
            // The setting takes effect a moment after the reload; commits until then do not wait.
            do
            {
                before = bars.Acknowledged;
                write = bars.WriteOnceAsync();
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

            Assert.False(write.IsCompleted, "The write did not wait for a second standby.");
        }
        finally
        {
            await rig.ExecuteAsync("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
        }

        await write;
        Assert.Equal(before + 1, bars.Acknowledged);
        foreach (var query in queries)
        {
            // A replica may return the old version until its cached version expires.
            await Eventually.GetAsync(
                () => VersionsAsync(replicas, bars, query),
                versions => versions.All(version => version == before + 1),
                versions => $"versions {string.Join(", ", versions)}"
            );
        }
    }

    [Fact]
    public async Task Killing_and_restarting_a_standby_causes_no_error()
    {
        var replicas = standby.Replicas;
        await using var bars = await rig.BarsAsync(23);
        await using var load = new ReadLoad(replicas, bars, readers: 6, seed: 23);
        bars.StartWriting(TimeSpan.FromMilliseconds(20));
        await load.WaitForAnswersAsync(100);

        await standby.KillAsync();
        await load.WaitForProgressAsync();
        await Eventually.GetAsync(
            () => HealthAsync(replicas[1]),
            postgres =>
                postgres.GetProperty("status").GetString() == "Degraded"
                && postgres.GetProperty("hosts").GetProperty(StandbyName).GetProperty("state").GetString() == "Away"
        );
        await standby.RestartAsync();
        await Eventually.GetAsync(standby.ReadsAsync, reads => reads > 50, reads => $"the standby served {reads} reads after its restart");

        await bars.StopWritingAsync();
        await load.StopAndCheckAllAsync();
        output.WriteLine(load.Summary);
    }

    [Fact]
    public async Task A_frozen_standby_delays_only_one_read()
    {
        _ = standby.Replicas;
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        await using var sources = new DataSources(new(standby.Connection));
        var database = new Database(sources, time, NullLogger<Database>.Instance);
        // The standby may still be recovering from another test.
        await Eventually.GetAsync(IsFromStandbyAsync, isFromStandby => isFromStandby);
        await Signals.FreezeAsync(standby.Standby);
        try
        {
            // The clock is manual: a read that waits for the frozen standby ends only when the test advances the clock.
            var held = IsFromStandbyAsync();
            await time.WaitedForAsync(Database.StandbyPatience);
            time.Advance(Database.StandbyPatience);
            Assert.False(await held);
            for (var read = 0; read < 20; read++)
            {
                Assert.False(await IsFromStandbyAsync());
            }
        }
        finally
        {
            await Signals.ThawAsync(standby.Standby);
        }

        time.Advance(Database.StandbyRest);
        await Eventually.GetAsync(IsFromStandbyAsync, isFromStandby => isFromStandby);

        Task<bool> IsFromStandbyAsync() => database.OpenOnStandbyAsync(IsInRecoveryAsync, Token);
    }

    [Fact]
    public async Task While_a_standby_is_away_one_read_at_a_time_tries_it_again()
    {
        _ = standby.Replicas;
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        await using var sources = new DataSources(new(standby.Connection));
        var database = new Database(sources, time, NullLogger<Database>.Instance);
        var (isFrozen, held) = (false, 0);
        await Eventually.GetAsync(IsFromStandbyAsync, isFromStandby => isFromStandby);

        isFrozen = true;
        var first = Enumerable.Range(0, 3).Select(_ => IsFromStandbyAsync()).ToArray();
        await Eventually.HoldsAsync(() => Volatile.Read(ref held) == 3);
        time.Advance(Database.StandbyPatience);
        Assert.All(await Task.WhenAll(first), Assert.False);
        for (var trial = 4; trial < 7; trial++)
        {
            Assert.False(await IsFromStandbyAsync());
            time.Advance(Database.StandbyRest);
            var tried = IsFromStandbyAsync();
            await Eventually.HoldsAsync(() => Volatile.Read(ref held) == trial);
            Assert.All(await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => IsFromStandbyAsync())), Assert.False);
            time.Advance(Database.StandbyPatience);
            Assert.False(await tried);
            Assert.Equal(trial, held);
        }

        isFrozen = false;
        time.Advance(Database.StandbyRest);
        Assert.True(await IsFromStandbyAsync());
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => IsFromStandbyAsync())), Assert.True);

        Task<bool> IsFromStandbyAsync() =>
            database.OpenOnStandbyAsync(
                async (connection, token) =>
                {
                    var isFromStandby = await IsInRecoveryAsync(connection, token);
                    if (isFromStandby && isFrozen)
                    {
                        Interlocked.Increment(ref held);
                        await Task.Delay(Timeout.Infinite, token);
                    }

                    return isFromStandby;
                },
                Token
            );
    }

    private static async Task<bool> IsInRecoveryAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (connection)
        {
            await using var command = new NpgsqlCommand("SELECT pg_is_in_recovery()", connection);
            return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
    }

    [Fact]
    public async Task Every_read_succeeds_while_a_standby_is_frozen()
    {
        var replicas = standby.Replicas;
        await using var bars = await rig.BarsAsync(25);
        await using var load = new ReadLoad(replicas, bars, readers: 6, seed: 25);
        bars.StartWriting(TimeSpan.FromMilliseconds(20));
        await load.WaitForAnswersAsync(200);
        await Signals.FreezeAsync(standby.Standby);
        try
        {
            await load.WaitForProgressAsync();
        }
        finally
        {
            await Signals.ThawAsync(standby.Standby);
        }

        await bars.StopWritingAsync();
        await load.StopAndCheckAllAsync();
        output.WriteLine(load.Summary);
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
