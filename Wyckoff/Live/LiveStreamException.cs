namespace Wyckoff.Live;

/// <summary>A connection ended or could not be opened; the message says why.</summary>
internal sealed class LiveStreamException(string message, LiveStreamFault fault = LiveStreamFault.Lost, Exception? inner = null)
    : Exception(message, inner)
{
    public LiveStreamFault Fault { get; } = fault;
}

/// <summary>The kind of fault that ended a connection; the pause before the next attempt depends on it.</summary>
internal enum LiveStreamFault
{
    /// <summary>A network or server fault; retrying helps.</summary>
    Lost,

    /// <summary>The account has its maximum of connections.</summary>
    Limit,

    /// <summary>The server does not accept the key, the secret or the plan of the account.</summary>
    Refused,

    /// <summary>The buffer of received bars was full for too long.</summary>
    Overwhelmed,
}
