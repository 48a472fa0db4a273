namespace Wyckoff.Hosting;

/// <summary>
/// Computes the pause after the n-th failure: it doubles each time, up to a limit. Half of the pause is random, so that processes which
/// failed together do not retry together.
/// </summary>
public sealed class Backoff(Random random)
{
    private readonly Lock _lock = new();

    /// <summary>Creates a back-off whose random sequence differs from those of other processes.</summary>
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
