namespace Wyckoff.Imports.Records;

/// <summary>A row that an import did not take, as it stood in the file, and why.</summary>
public sealed record ImportReject
{
    public required long BatchId { get; init; }

    /// <summary>From 1, the header included; in a file without lines, the number of the row.</summary>
    public required long LineNumber { get; init; }

    public required string Text { get; init; }

    public required string Reason { get; init; }
}
