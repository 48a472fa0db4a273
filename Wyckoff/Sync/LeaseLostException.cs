namespace Wyckoff.Sync;

/// <summary>The lease has expired or another holder has acquired it, so nothing may be written under it.</summary>
public sealed class LeaseLostException(string name) : Exception($"The lease '{name}' is lost.")
{
    public string Name { get; } = name;
}
