namespace Wyckoff.AppHost;

/// <summary>A reason not to start. The message tells the user what to do.</summary>
internal sealed class AppHostException(string message) : Exception(message);
