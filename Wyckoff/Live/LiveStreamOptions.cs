namespace Wyckoff.Live;

/// <summary>How a stream behaves. What a user may want to change is bound from configuration; the rest has its reason beside it.</summary>
public sealed record LiveStreamOptions
{
    public required Uri Url { get; init; }

    public required string Key { get; init; }

    public required string Secret { get; init; }

    /// <summary>After so long a silence the server is asked for a sign of life: at night there is nothing else to hear.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long it has for it; also for each step of the handshake.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Before the first attempt to reconnect; each further one waits twice as long, up to <see cref="LongestPause"/>.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>At least so long when the provider says that the account is connected already: it needs a while to notice that a connection is dead.</summary>
    public TimeSpan LimitPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two attempts with a key that was refused: only a person can help.</summary>
    public TimeSpan RefusedPause { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A connection that lasted this long was a good one: the pauses start anew.</summary>
    public TimeSpan Good { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long bars are collected after the first one, to be written together.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>As many bars are written without waiting for more.</summary>
    public int BatchSize { get; init; } = 1000;

    /// <summary>Bars received and not yet being written; when it is full, the server has to wait.</summary>
    public int Capacity { get; init; } = 20_000;

    /// <summary>A buffer that stays full for so long ends the connection: what passes then is asked of the provider later.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long the last bars may be written when the stream is stopped.</summary>
    public TimeSpan LastWrite { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Only after so long are a provider's answers about a minute final: a late trade corrects it half a minute after its end.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Repairs at the same time. A provider admits some requests a minute only, and others need them too.</summary>
    public int RepairsAtOnce { get; init; } = 4;

    /// <summary>A minute built from trades is complete so long after its end, unless a trade of a later minute says so before.</summary>
    public TimeSpan TradeGrace { get; init; } = TimeSpan.FromSeconds(2);
}
