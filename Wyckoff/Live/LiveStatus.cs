namespace Wyckoff.Live;

/// <summary>
/// How a stream is. <see cref="Since"/>: since when it has been connected, or has not been although it should. <see cref="Gaps"/>: feeds of which the provider has not said
/// its last word about what passed before the stream of them began.
/// </summary>
public sealed record LiveStatus(bool Connected, DateTimeOffset Since, int Feeds, int Subscribed, int Gaps, int Queued, string? Fault)
{
    /// <summary>There is something to stream.</summary>
    public bool Wanted => Feeds > 0;
}
