using System.Diagnostics;
using System.Net;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>Tests what API clients see while Redis or PostgreSQL is killed, frozen and restarted.</summary>
[Collection(nameof(FaultRig))]
public sealed class FaultTests(FaultRig rig, ITestOutputHelper output)
{
    /// <summary>The number of rows in a response of about 40 MB.</summary>
    private const int LongRows = 250_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killing_freezing_and_restarting_Redis_causes_no_error()
    {
        await using var bars = await rig.BarsAsync(1);
        await using var load = new ReadLoad(rig.Replicas, bars, readers: 6, seed: 1);
        bars.StartWriting(TimeSpan.FromMilliseconds(10));
        await load.WaitForAnswersAsync(100);

        await rig.KillRedisAsync();
        await load.WaitForProgressAsync();
        await rig.RestartRedisAsync();
        await load.WaitForProgressAsync();

        await Signals.FreezeAsync(rig.Redis);
        try
        {
            // There could not be that many answers if each of them waited for the timeout of the Redis client.
            await load.WaitForProgressAsync();
        }
        finally
        {
            await Signals.ThawAsync(rig.Redis);
        }

        await load.WaitForProgressAsync();
        await rig.RestartRedisAsync();
        await load.WaitForProgressAsync();

        await bars.StopWritingAsync();
        await load.StopAndCheckAllAsync();
        output.WriteLine(load.Summary);
    }

    [Fact]
    public async Task Reads_fail_only_while_a_killed_PostgreSQL_is_away() =>
        await OutageAsync(2, rig.KillPostgresAsync, rig.RestartPostgresAsync);

    [Fact]
    public async Task Reads_fail_only_while_a_stopped_PostgreSQL_is_away() =>
        await OutageAsync(3, rig.StopPostgresAsync, rig.RestartPostgresAsync);

    [Fact]
    public async Task Reads_fail_only_while_PostgreSQL_is_frozen() =>
        await OutageAsync(4, () => Signals.FreezeAsync(rig.Postgres), () => Signals.ThawAsync(rig.Postgres));

    [Fact]
    public async Task A_client_notices_a_response_that_breaks_off()
    {
        await rig.ExecuteAsync(
            "INSERT INTO market.tickers (symbol, timezone, asset_type) VALUES ('LONG', 'UTC', 'crypto')",
            $"""
            INSERT INTO market.bars_1m
                (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
            SELECT id, timestamptz '2023-01-01Z' + n * interval '1 minute', 100, 101, 99, 100, n, 2, 1, 1, false, 'test'
              FROM market.tickers, generate_series(0, {LongRows - 1}) AS n
             WHERE symbol = 'LONG'
            """
        );
        using var client = new HttpClient { BaseAddress = rig.Replicas[0].Address };
        var url = $"/v1/bars/LONG?timeframe=1m&from=2023-01-01&limit={LongRows}&format=ndjson";
        Assert.Equal(LongRows, (await client.GetStringAsync(url, Token)).AsSpan().Count('\n'));

        using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        var read = 0;
        for (; read < 100; read++)
        {
            Assert.NotNull(await lines.ReadLineAsync(Token));
        }

        // The rest of the response is much larger than all buffers between the server and this test.
        await rig.KillPostgresAsync();
        try
        {
            await Assert.ThrowsAnyAsync<IOException>(async () =>
            {
                while (await lines.ReadLineAsync(Token) is not null)
                {
                    read++;
                }
            });
            output.WriteLine($"the response broke off after {read} of {LongRows} rows");
        }
        finally
        {
            await rig.RestartPostgresAsync();
        }

        await WaitForStatusAsync(client, "/v1/bars/LONG?timeframe=1m&last=5", HttpStatusCode.OK);
    }

    /// <summary>Waits until the health endpoint of a replica reports that the database is away.</summary>
    private static async Task WaitForUnhealthyAsync(ApiProcess replica)
    {
        using var client = new HttpClient { BaseAddress = replica.Address };
        await WaitForStatusAsync(client, "/health", HttpStatusCode.ServiceUnavailable);
    }

    private static Task WaitForStatusAsync(HttpClient client, string url, HttpStatusCode expected) =>
        Eventually.GetAsync(
            async () =>
            {
                using var response = await client.GetAsync(url, Token);
                return response.StatusCode;
            },
            status => status == expected
        );

    private async Task OutageAsync(int seed, Func<Task> stopAsync, Func<Task> restartAsync)
    {
        await using var bars = await rig.BarsAsync(seed);
        await using var load = new ReadLoad(rig.Replicas, bars, readers: 6, seed);
        bars.StartWriting(TimeSpan.FromMilliseconds(10));
        await load.WaitForAnswersAsync(100);

        var away = Stopwatch.GetTimestamp();
        await stopAsync();
        try
        {
            await Task.WhenAll(rig.Replicas.Select(WaitForUnhealthyAsync));
        }
        finally
        {
            await restartAsync();
        }

        var back = Stopwatch.GetTimestamp();
        await load.WaitForRecoveryAsync(500);
        var recovered = Stopwatch.GetTimestamp();
        await load.WaitForProgressAsync();
        await bars.StopWritingAsync();
        await load.StopAndCheckAsync();

        Assert.DoesNotContain(
            load.Failures,
            failure =>
                failure.Ended < away
                || failure.Status is > 0 and < 500
                || (failure.Status > 0 && !failure.Response.StartsWith("application/problem+json", StringComparison.Ordinal))
        );
        Assert.DoesNotContain(load.Failures, failure => failure.Status == 0);
        Assert.DoesNotContain(load.Failures, failure => failure.Began > recovered);
        var last = load.Failures.Select(failure => failure.Ended).Append(back).Max();
        output.WriteLine(
            $"away for {Stopwatch.GetElapsedTime(away, back).TotalSeconds:0.0} s: {load.Failures.Count} errors, "
                + $"the last {Stopwatch.GetElapsedTime(back, last).TotalSeconds:0.00} s after the restart; {load.Summary}"
        );
    }
}
