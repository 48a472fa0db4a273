using System.Diagnostics;
using System.Net;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>Redis and PostgreSQL are killed, frozen and started again while readers ask and a writer writes.</summary>
[Collection(nameof(FaultRig))]
public sealed class FaultTests(FaultRig rig, ITestOutputHelper output)
{
    /// <summary>Rows of the long answer: some 40 MB.</summary>
    private const int Long = 250_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Redis_may_be_killed_frozen_and_restarted_without_a_single_error()
    {
        await using var bars = await rig.BarsAsync(1);
        await using var load = new ReadLoad(rig.Replicas, bars, readers: 6, seed: 1);
        using var stop = new CancellationTokenSource();
        var writer = bars.RunAsync(TimeSpan.FromMilliseconds(10), stop.Token);
        await load.AnsweredAsync(100);

        await rig.KillRedisAsync();
        await load.ProgressAsync();
        await rig.RestartRedisAsync();
        await load.ProgressAsync();

        await Signals.FreezeAsync(rig.Redis);
        try
        {
            // More answers than could come if each were held up until the client of Redis gives up.
            await load.ProgressAsync();
        }
        finally
        {
            await Signals.ThawAsync(rig.Redis);
        }

        await load.ProgressAsync();
        await rig.RestartRedisAsync();
        await load.ProgressAsync();

        await stop.CancelAsync();
        await writer;
        await load.StopAndCheckAllAsync();
        var slowest = load.History.Answers.Max(answer => Stopwatch.GetElapsedTime(answer.Began, answer.Ended));
        output.WriteLine($"{load.History.Count} answers over {bars.Acknowledged} versions; the slowest took {slowest.TotalSeconds:0.0} s");
    }

    [Fact]
    public async Task PostgreSQL_killed_and_started_again_is_an_error_only_while_it_is_away() =>
        await OutageAsync(2, rig.KillPostgresAsync, rig.RestartPostgresAsync);

    [Fact]
    public async Task PostgreSQL_stopped_and_started_again_is_an_error_only_while_it_is_away() =>
        await OutageAsync(3, rig.StopPostgresAsync, rig.RestartPostgresAsync);

    [Fact]
    public async Task PostgreSQL_frozen_and_thawed_is_an_error_only_while_it_is_away() =>
        await OutageAsync(4, () => Signals.FreezeAsync(rig.Postgres), () => Signals.ThawAsync(rig.Postgres));

    [Fact]
    public async Task A_response_that_breaks_off_half_way_cannot_be_taken_for_a_short_one()
    {
        await rig.ExecuteAsync(
            "INSERT INTO market.tickers (symbol, timezone, asset_type) VALUES ('LONG', 'UTC', 'crypto')",
            $"""
            INSERT INTO market.bars_1m (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
            SELECT id, timestamptz '2023-01-01Z' + n * interval '1 minute', 100, 101, 99, 100, n, 2, 1, 1, false, 'test' FROM market.tickers, generate_series(0, {Long
                - 1}) AS n WHERE symbol = 'LONG'
            """
        );
        using var client = new HttpClient { BaseAddress = rig.Replicas[0].Address };
        var url = $"/v1/bars/LONG?timeframe=1m&from=2023-01-01&limit={Long}&format=ndjson";
        Assert.Equal(Long, (await client.GetStringAsync(url, Token)).AsSpan().Count('\n'));

        using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        var read = 0;
        for (; read < 100; read++)
        {
            Assert.NotNull(await lines.ReadLineAsync(Token));
        }

        // Far more is to come than all buffers on the way can hold.
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
            output.WriteLine($"broken off after {read} of {Long} rows");
        }
        finally
        {
            await rig.RestartPostgresAsync();
        }

        await AnsweredAsync(client, "/v1/bars/LONG?timeframe=1m&last=5", HttpStatusCode.OK);
    }

    /// <summary>Ends when a replica says that its database is away.</summary>
    private static async Task NoticedAsync(ApiProcess replica)
    {
        using var client = new HttpClient { BaseAddress = replica.Address };
        await AnsweredAsync(client, "/health", HttpStatusCode.ServiceUnavailable);
    }

    private static Task AnsweredAsync(HttpClient client, string url, HttpStatusCode expected) =>
        Eventually.GetAsync(
            async () =>
            {
                using var response = await client.GetAsync(url, Token);
                return response.StatusCode;
            },
            status => status == expected
        );

    private async Task OutageAsync(int seed, Func<Task> goAsync, Func<Task> returnAsync)
    {
        await using var bars = await rig.BarsAsync(seed);
        await using var load = new ReadLoad(rig.Replicas, bars, readers: 6, seed);
        using var stop = new CancellationTokenSource();
        var writer = bars.RunAsync(TimeSpan.FromMilliseconds(10), stop.Token);
        await load.AnsweredAsync(100);

        var gone = Stopwatch.GetTimestamp();
        await goAsync();
        try
        {
            await Task.WhenAll(rig.Replicas.Select(NoticedAsync));
        }
        finally
        {
            await returnAsync();
        }

        var back = Stopwatch.GetTimestamp();
        await load.RecoveredAsync(500);
        var recovered = Stopwatch.GetTimestamp();
        await load.ProgressAsync();
        await stop.CancelAsync();
        await writer;
        await load.StopAndCheckAsync();

        Assert.DoesNotContain(
            load.Failures,
            failure =>
                failure.Ended < gone
                || failure.Status is > 0 and < 500
                || (failure.Status > 0 && !failure.Said.StartsWith("application/problem+json", StringComparison.Ordinal))
        );
        Assert.DoesNotContain(load.Failures, failure => failure.Status == 0);
        Assert.DoesNotContain(load.Failures, failure => failure.Began > recovered);
        var last = load.Failures.Select(failure => failure.Ended).Append(back).Max();
        output.WriteLine(
            $"away for {Stopwatch.GetElapsedTime(gone, back).TotalSeconds:0.0} s: {load.Failures.Count} errors, "
                + $"the last {Stopwatch.GetElapsedTime(back, last).TotalSeconds:0.00} s after its return; "
                + $"{load.History.Count} answers over {bars.Acknowledged} versions"
        );
    }
}
