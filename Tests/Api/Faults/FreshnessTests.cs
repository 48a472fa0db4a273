namespace Wyckoff.Tests.Api.Faults;

/// <summary>
/// Tests that replicas stay consistent while bars change: versions of a replica never go backwards, never lag more than MaxVersionAge,
/// and are never older than the version in If-None-Match.
/// </summary>
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
        // Writes come in bursts, so that bars change during reads as well as stay unchanged long enough for 304 responses.
        var random = new Random(seed);
        while (bars.Acknowledged < 120 * FaultRig.Length)
        {
            for (var write = random.Next(1, 12); write > 0; write--)
            {
                await bars.WriteOnceAsync();
            }

            await load.WaitForAnswersAsync(random.Next(100));
        }

        await load.StopAndCheckAllAsync();
        output.WriteLine(load.Summary);
        Assert.True(
            load.History.Answers.Select(answer => answer.Version).Distinct().Count() > 50,
            "The readers saw too few versions to prove anything."
        );
        Assert.True(load.Unchanged > 0, "No response was 304.");
    }
}
