namespace Wyckoff.Sync;

/// <summary>An answer of a provider as received, kept to find out later where the values of a bar come from.</summary>
public sealed record SyncPayload
{
    /// <summary>The id of the run in <c>data_sync_log</c>.</summary>
    public required long SyncId { get; init; }

    public required int TickerId { get; init; }

    /// <summary>The number of the answer in its run, from 1.</summary>
    public required int Page { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The path and query of the request, without keys.</summary>
    public required string Request { get; init; }

    public required string ContentType { get; init; }

    /// <summary>The compression of the payload: gzip or br.</summary>
    public required string Encoding { get; init; }

    /// <summary>The size of the payload before compression.</summary>
    public required int Bytes { get; init; }

    public required byte[] Payload { get; init; }
}
