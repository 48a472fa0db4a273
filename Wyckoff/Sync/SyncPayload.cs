namespace Wyckoff.Sync;

/// <summary>What a provider sent in one answer of a sync run, as it came: to see later why a bar is what it is.</summary>
public sealed record SyncPayload
{
    /// <summary>The run in <c>data_sync_log</c>.</summary>
    public required long SyncId { get; init; }

    public required int TickerId { get; init; }

    /// <summary>Which answer of the run, from 1.</summary>
    public required int Page { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Path and query of the request, without any key.</summary>
    public required string Request { get; init; }

    public required string ContentType { get; init; }

    /// <summary>gzip or br.</summary>
    public required string Encoding { get; init; }

    /// <summary>Before compression.</summary>
    public required int Bytes { get; init; }

    public required byte[] Payload { get; init; }
}
