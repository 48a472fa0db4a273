namespace Wyckoff.LocalServers;

/// <summary>A failure the user can mend: one line that says what is wrong and what to do.</summary>
public sealed class LocalServerException(string message, Exception? inner = null) : Exception(message, inner);
