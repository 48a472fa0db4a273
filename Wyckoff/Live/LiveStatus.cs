namespace Wyckoff.Live;

/// <summary>The status of a live stream.</summary>
/// <param name="Connected">Whether the stream is connected.</param>
/// <param name="Since">Since when it is connected, or is not although there is something to stream.</param>
/// <param name="Subscriptions">The number of live subscriptions.</param>
/// <param name="Confirmed">How many of them the server has confirmed.</param>
/// <param name="Gaps">How many of them have a gap that the provider has not finally answered for.</param>
/// <param name="Queued">The number of bars received and not yet committed.</param>
/// <param name="Fault">The last fault; null while there is none.</param>
public sealed record LiveStatus(bool Connected, DateTimeOffset Since, int Subscriptions, int Confirmed, int Gaps, int Queued, string? Fault)
{
    /// <summary>Whether there is something to stream.</summary>
    public bool Wanted => Subscriptions > 0;
}
