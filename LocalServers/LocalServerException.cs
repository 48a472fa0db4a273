namespace Wyckoff.LocalServers;

/// <summary>A failure the user can fix. The message is one line with the problem and the remedy.</summary>
public sealed class LocalServerException(string message, Exception? inner = null) : Exception(message, inner);
