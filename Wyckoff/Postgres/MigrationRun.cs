namespace Wyckoff.Postgres;

/// <summary>A run of MigrationService that changed the schema or failed.</summary>
public sealed class MigrationRun
{
    public long Id { get; set; }

    public string? FromVersion { get; set; }

    public required string ToVersion { get; set; }

    public string? Objects { get; set; }

    public string? ObjectsHash { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public decimal DurationMs { get; set; }

    public required string Outcome { get; set; }

    public string? Error { get; set; }

    public required string ProductVersion { get; set; }
}
