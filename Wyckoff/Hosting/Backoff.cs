namespace Wyckoff.Hosting;

/// <summary>
/// How long to wait after the n-th failure: twice as long each time, up to a limit. Half of it is random, so that many who failed together
/// do not come back together.
/// </summary>
public sealed class Backoff(Random random)
{
    private readonly Lock _lock = new();

    /// <summary>With a random sequence that no other process has.</summary>
    public static Backoff OfThisProcess() =>
        new(new Random(HashCode.Combine(Environment.ProcessId, Environment.MachineName, Environment.TickCount64)));

    public TimeSpan After(int failures, TimeSpan first, TimeSpan longest)
    {
        var whole = Math.Min(longest.Ticks, first.Ticks * Math.Pow(2, Math.Min(failures - 1, 30)));
        lock (_lock)
        {
            return TimeSpan.FromTicks((long)(whole * (0.5 + (0.5 * random.NextDouble()))));
        }
    }
}
