namespace Wyckoff.Trading;

/// <summary>A log line that a service stores in the database.</summary>
public sealed record SystemLog
{
    public DateTimeOffset Time { get; init; }

    public long Id { get; init; }

    /// <summary>Null if the line concerns no particular account.</summary>
    public long? AccountId { get; init; }

    public required string Service { get; init; }

    public string? Component { get; init; }

    public required SystemLogLevel Level { get; init; }

    public required string Message { get; init; }

    /// <summary>JSON.</summary>
    public string? Details { get; init; }

    public Guid? StrategyId { get; init; }

    public Guid? TradeId { get; init; }

    public Guid? OrderId { get; init; }

    public string? UserId { get; init; }

    public string? SessionId { get; init; }

    public string? RequestId { get; init; }

    public decimal? ExecutionTimeMs { get; init; }

    public decimal? MemoryUsageMb { get; init; }

    public string? ErrorCode { get; init; }

    public string? StackTrace { get; init; }

    public string? Version { get; init; }

    public string? Environment { get; init; }

    public string? Hostname { get; init; }
}
