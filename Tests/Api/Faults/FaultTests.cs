using System.Diagnostics;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>Redis and PostgreSQL are killed, frozen and started again while readers ask and a writer writes.</summary>
[Collection(nameof(FaultRig))]
public sealed class FaultTests(FaultRig rig, ITestOutputHelper output)
{
    /// <summary>It should be 5 s, and on a machine of its own it is far less; one that is busy with other builds may take longer.</summary>
    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan While = TimeSpan.FromSeconds(1.5 * FaultRig.Length);

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
        await load.StopAndCheckAsync();
        Assert.Empty(load.Failures);
        var slowest = load.History.Answers.Max(answer => Stopwatch.GetElapsedTime(answer.Began, answer.Ended));
        output.WriteLine($"{load.History.Count} answers, {load.Unchanged} of them 304, over {bars.Acknowledged} versions; the slowest took {slowest.TotalMilliseconds:0} ms");
        Assert.True(slowest < TimeSpan.FromSeconds(10), $"An answer took {slowest}: a Redis that is away may not hold a read up for long.");
    }

    [Fact]
    public async Task PostgreSQL_killed_and_started_again_is_an_error_only_while_it_is_away() => await OutageAsync(2, rig.KillPostgresAsync, rig.RestartPostgresAsync);

    [Fact]
    public async Task PostgreSQL_stopped_and_started_again_is_an_error_only_while_it_is_away() => await OutageAsync(3, async () => await rig.Postgres.DisposeAsync(), rig.RestartPostgresAsync);

    [Fact]
    public async Task PostgreSQL_frozen_and_thawed_is_an_error_only_while_it_is_away() => await OutageAsync(4, () => Signals.FreezeAsync(rig.Postgres), () => Signals.ThawAsync(rig.Postgres));

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
        Assert.True(recovered < RecoveryLimit, $"It took {recovered} to recover. {load.Failures.MaxBy(failure => failure.Ended)}");
    }
}
