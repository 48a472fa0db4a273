namespace Wyckoff.Live;

/// <summary>Why a connection ended, or was not to be had.</summary>
internal sealed class LiveStreamException(string message, LiveStreamFault fault = LiveStreamFault.Lost, Exception? inner = null)
    : Exception(message, inner)
{
    public LiveStreamFault Fault { get; } = fault;
}

internal enum LiveStreamFault
{
    /// <summary>Something on the way; trying again helps.</summary>
    Lost,

    /// <summary>The account has as many connections as it may.</summary>
    Limit,

    /// <summary>Key, secret or subscription are not accepted.</summary>
    Refused,

    /// <summary>We could not take what came.</summary>
    Overwhelmed,
}
