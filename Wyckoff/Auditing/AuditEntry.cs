namespace Wyckoff.Auditing;

/// <summary>
/// One entry of the audit trail: who changed which row, and how. Only database triggers write entries, in the transaction of the change.
/// </summary>
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

    /// <summary>
    /// JSON: the <c>old</c> and <c>new</c> values of the changed columns; <c>hidden</c> lists changed columns whose values are secret.
    /// </summary>
    public string? Metadata { get; init; }

    public Guid CorrelationId { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}
