namespace Wyckoff.Sync;

/// <summary>The work belongs to somebody else now, or to nobody: nothing of it may be written.</summary>
public sealed class LeaseLostException(string name) : Exception($"The lease '{name}' is lost.")
{
    public string Name { get; } = name;
}
