namespace Wyckoff.Sync;

/// <summary>
/// The exclusive right to do a piece of work until an instant. Each acquisition increments the version, so a transaction that checks the
/// version fails if the lease was acquired again since.
/// </summary>
public sealed record Lease
{
    public required string Name { get; init; }

    public required string Holder { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset Until { get; init; }
}
