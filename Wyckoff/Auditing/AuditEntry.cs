namespace Wyckoff.Auditing;

/// <summary>That something was changed, by whom and how. Only the database's triggers write it, in the transaction of the change.</summary>
public sealed record AuditEntry
{
    public Guid Id { get; init; }

    public required string EventType { get; init; }

    public required string EntityType { get; init; }

    public required string EntityId { get; init; }

    public long? AccountId { get; init; }

    public DateTimeOffset Timestamp { get; init; }

    public required string Actor { get; init; }

    public required string Action { get; init; }

    /// <summary>JSON: <c>old</c> and <c>new</c> values of what changed, and the names of the <c>hidden</c> columns that did.</summary>
    public string? Metadata { get; init; }

    public Guid CorrelationId { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}
