namespace Wyckoff.Tests.Api.Faults;

/// <summary>While a writer corrects bars, no replica shows time go backwards, none is further behind than it may be, and who has heard of a version is not told an older one.</summary>
[Collection(nameof(FaultRig))]
public sealed class FreshnessTests(FaultRig rig, ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, 11)]
    [InlineData(2, 12)]
    public async Task A_reader_never_sees_an_older_bar_than_before(int replicas, int seed)
    {
        await using var bars = await rig.BarsAsync(seed);
        await using var load = new ReadLoad(rig.Replicas.Take(replicas), bars, readers: 24, seed);
        // In bursts, so that there are both windows that change under the readers and some that stay long enough to be kept.
        var random = new Random(seed);
        while (bars.Acknowledged < 120 * FaultRig.Length)
        {
            for (var write = random.Next(1, 12); write > 0; write--)
            {
                await bars.OnceAsync();
            }

            await load.AnsweredAsync(random.Next(100));
        }

        await load.StopAndCheckAllAsync();
        output.WriteLine($"{load.History.Count} answers, {load.Unchanged} of them 304, over {bars.Acknowledged} versions");
        Assert.True(
            load.History.Answers.Select(answer => answer.Version).Distinct().Count() > 50,
            "The readers have seen too little for this to say anything."
        );
        Assert.True(load.Unchanged > 0, "Nobody was told that what he had is still right.");
    }
}
