using System.Diagnostics;
using System.Net;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>Redis and PostgreSQL are killed, frozen and started again while readers ask and a writer writes.</summary>
[Collection(nameof(FaultRig))]
public sealed class FaultTests(FaultRig rig, ITestOutputHelper output)
{
    /// <summary>It should be 5 s, and on a machine of its own it is far less; one that is busy with other builds may take longer.</summary>
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(15);

    /// <summary>Rows of the long answer: some 40 MB.</summary>
    private const int Long = 250_000;

    private static readonly TimeSpan While = TimeSpan.FromSeconds(1.2 * FaultRig.Length);

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
        await Task.Delay(While, Token);
        await rig.RestartRedisAsync();
        await Task.Delay(While, Token);

        await Signals.FreezeAsync(rig.Redis);
        try
        {
            await Task.Delay(While, Token);
        }
        finally
        {
            await Signals.ThawAsync(rig.Redis);
        }

        await Task.Delay(While, Token);
        await rig.RestartRedisAsync();
        await Task.Delay(While, Token);

        await stop.CancelAsync();
        await writer;
        await load.StopAndCheckAllAsync();
        var slowest = load.History.Answers.Max(answer => Stopwatch.GetElapsedTime(answer.Began, answer.Ended));
        output.WriteLine($"{load.History.Count} answers, {load.Unchanged} of them 304, over {bars.Acknowledged} versions; the slowest took {slowest.TotalMilliseconds:0} ms");
        Assert.True(slowest < TimeSpan.FromSeconds(10), $"An answer took {slowest}: a Redis that is away may not hold a read up for long.");
    }

    [Fact]
    public async Task PostgreSQL_killed_and_started_again_is_an_error_only_while_it_is_away() => await OutageAsync(2, rig.KillPostgresAsync, rig.RestartPostgresAsync);

    [Fact]
    public async Task PostgreSQL_stopped_and_started_again_is_an_error_only_while_it_is_away() => await OutageAsync(3, rig.StopPostgresAsync, rig.RestartPostgresAsync);

    [Fact]
    public async Task PostgreSQL_frozen_and_thawed_is_an_error_only_while_it_is_away() => await OutageAsync(4, () => Signals.FreezeAsync(rig.Postgres), () => Signals.ThawAsync(rig.Postgres));

    [Fact]
    public async Task A_response_that_breaks_off_half_way_cannot_be_taken_for_a_short_one()
    {
        await rig.ExecuteAsync(
            "INSERT INTO market.tickers (symbol, timezone, asset_type) VALUES ('LONG', 'UTC', 'crypto')",
            $"""
            INSERT INTO market.bars_1m (ticker_id, timestamp, open, high, low, close, volume, spread, spread_ratio, volume_ratio, low_history, source)
            SELECT id, timestamptz '2023-01-01Z' + n * interval '1 minute', 100, 101, 99, 100, n, 2, 1, 1, false, 'test' FROM market.tickers, generate_series(0, {Long - 1}) AS n WHERE symbol = 'LONG'
            """);
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

        await AnswersAsync(client, "/v1/bars/LONG?timeframe=1m&last=5");
    }

    private static async Task AnswersAsync(HttpClient client, string url)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(50, Token))
        {
            using var response = await client.GetAsync(url, Token);
            if (response.IsSuccessStatusCode)
            {
                return;
            }

            Assert.True(waited.Elapsed < RecoveryLimit, $"{url} is still answered with {response.StatusCode}.");
        }
    }

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
            await Task.Delay(While, Token);
        }
        finally
        {
            await returnAsync();
        }

        var back = Stopwatch.GetTimestamp();
        await load.AnsweredAsync(500);
        await Task.Delay(While, Token);
        await stop.CancelAsync();
        await writer;
        await load.StopAndCheckAsync();

        Assert.DoesNotContain(load.Failures, failure => failure.Ended < gone || failure.Status is > 0 and < 500 || (failure.Status > 0 && !failure.Said.StartsWith("application/problem+json", StringComparison.Ordinal)));
        Assert.DoesNotContain(load.Failures, failure => failure.Status == 0);
        // From when on was every question answered, and was every answer there again that had been waited for?
        var waited = load.History.Answers.Where(answer => answer.Began < back && answer.Ended > back).Select(answer => answer.Ended);
        var recovered = Stopwatch.GetElapsedTime(back, load.Failures.Select(failure => failure.Ended).Concat(waited).Append(back).Max());
        output.WriteLine($"away for {Stopwatch.GetElapsedTime(gone, back).TotalSeconds:0.0} s: {load.Failures.Count} errors; all was well {recovered.TotalSeconds:0.00} s after its return; {load.History.Count} answers over {bars.Acknowledged} versions");
        Assert.True(recovered < RecoveryLimit, $"It took {recovered} to recover. {load.Failures.LastOrDefault()}");
    }
}
