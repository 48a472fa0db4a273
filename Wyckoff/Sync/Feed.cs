using Wyckoff.Primitives;

namespace Wyckoff.Sync;

/// <summary>Bars that the Ingestor keeps current: by a sync every so often, and by a live stream where the provider has one.</summary>
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

    /// <summary>How far back the bars are wanted.</summary>
    public DateTimeOffset Since { get; private set; }

    public int EverySeconds { get; private set; }

    public bool Live { get; private set; }

    public bool Enabled { get; private set; } = true;

    /// <summary>When its next sync is due.</summary>
    public DateTimeOffset NextDue { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset UpdatedAt { get; private set; }
}
