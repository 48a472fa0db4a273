namespace Wyckoff.MarketData.Live;

/// <summary>How long to wait after the n-th failure: twice as long each time, up to a limit, half of it by chance, so that many who failed together do not come back together.</summary>
internal sealed class Pauses(Random random)
{
    private readonly Lock _lock = new();

    public TimeSpan After(int failures, TimeSpan first, TimeSpan longest)
    {
        var whole = Math.Min(longest.Ticks, first.Ticks * Math.Pow(2, Math.Min(failures - 1, 30)));
        lock (_lock)
        {
            return TimeSpan.FromTicks((long)(whole * (0.5 + (0.5 * random.NextDouble()))));
        }
    }
}
