namespace Wyckoff.MigrationService;

/// <summary>A refusal whose message tells the person at the keyboard what to do.</summary>
internal sealed class MigrationException(string message) : Exception(message);
