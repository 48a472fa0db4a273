namespace Wyckoff.Timescale;

/// <summary>Thrown for storage settings, declared or configured, that are not possible. The message names the setting.</summary>
public sealed class StorageDeclarationException(string message) : RefusalException(message);
