namespace Wyckoff.AppHost.Embedded;

/// <summary>A reason not to start, or not to go on, whose message tells the person at the keyboard what to do.</summary>
internal sealed class EmbeddedException(string message) : Exception(message);
