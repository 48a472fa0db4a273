namespace Wyckoff.Timescale;

/// <summary>Declared storage, or what configuration makes of it, that cannot be; the message names the setting.</summary>
public sealed class StorageDeclarationException(string message) : RefusalException(message);
