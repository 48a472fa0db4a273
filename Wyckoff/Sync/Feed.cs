using Wyckoff.Primitives;

namespace Wyckoff.Sync;

/// <summary>
/// A ticker and timeframe that the Ingestor keeps up to date: with scheduled syncs and, if marked live, with the provider's stream.
/// </summary>
public sealed class Feed
{
    private Feed() { }

    public Feed(int tickerId, Timeframe timeframe, string provider, DateTimeOffset since, TimeSpan every, bool live = false)
    {
        Guard.Text(provider, 20);
        Guard.Require(
            every >= TimeSpan.FromSeconds(1) && every.Ticks % TimeSpan.TicksPerSecond == 0,
            nameof(every),
            "must be whole seconds, at least one"
        );
        (TickerId, Timeframe, Provider, Since, EverySeconds, Live) = (tickerId, timeframe, provider, since, (int)every.TotalSeconds, live);
    }

    public int Id { get; private set; }

    public int TickerId { get; private set; }

    public Timeframe Timeframe { get; private set; }

    public string Provider { get; private set; } = "";

    /// <summary>The start of the range to keep complete.</summary>
    public DateTimeOffset Since { get; private set; }

    public int EverySeconds { get; private set; }

    public bool Live { get; private set; }

    public bool Enabled { get; private set; } = true;

    /// <summary>When the next sync is due.</summary>
    public DateTimeOffset NextDue { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }
}
