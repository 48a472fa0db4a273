namespace Wyckoff.Sync;

/// <summary>Who does a piece of work just now, until when. The version goes up with every holder: a transaction that checks it cannot be of one who lost the lease in his sleep.</summary>
public sealed record Lease
{
    public required string Name { get; init; }

    public required string Holder { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset Until { get; init; }
}
