namespace Wyckoff.AppHost;

/// <summary>A reason not to start, whose message tells the person at the keyboard what to do.</summary>
internal sealed class AppHostException(string message) : Exception(message);
