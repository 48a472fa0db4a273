namespace Wyckoff.Live;

/// <summary>The address, credentials and timings of a live stream.</summary>
public sealed record LiveStreamOptions
{
    public required Uri Url { get; init; }

    public required string Key { get; init; }

    public required string Secret { get; init; }

    /// <summary>
    /// After this time without a message the server is asked for one. At night there are no bars to show that the connection is alive.
    /// </summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The timeout for the server's answer to a heartbeat, and for connecting and authenticating together.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The pause before the first attempt to reconnect. It doubles with each further attempt, up to <see cref="LongestPause"/>.
    /// </summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The shortest pause after the connection limit of the account was reached. The provider needs a while to notice a dead connection.
    /// </summary>
    public TimeSpan LimitPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The pause after the provider refused the credentials, which a person has to correct.</summary>
    public TimeSpan RefusedPause { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A connection that lasted this long was stable: the next pause is <see cref="FirstPause"/> again.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long bars are collected for a batch after its first bar.</summary>
    public TimeSpan BatchDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The maximum of bars in a batch, apart from bars that are written again after a repair.</summary>
    public int BatchSize { get; init; } = 1000;

    /// <summary>
    /// The capacity of the buffer of received bars. While it is full, nothing is received, so that TCP slows the server down.
    /// </summary>
    public int Capacity { get; init; } = 20_000;

    /// <summary>
    /// If the buffer stays full for this long, the connection is closed and the missed bars are fetched from the provider later.
    /// </summary>
    public TimeSpan BufferFullTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the remaining bars may take to be written when the stream is stopped.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// After this time a provider's answer about a minute is final. Late trades correct a minute up to half a minute after its end.
    /// </summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The maximum of concurrent repairs. The provider limits requests per minute, and the sync needs some of them.</summary>
    public int MaxConcurrentRepairs { get; init; } = 4;

    /// <summary>A minute built from trades is written this long after its end, or earlier if a trade of a later minute arrives.</summary>
    public TimeSpan TradeGrace { get; init; } = TimeSpan.FromSeconds(2);
}
