namespace Wyckoff.Imports.Records;

/// <summary>A row of a file that was not imported: a row of market.import_rejects.</summary>
public sealed record ImportReject
{
    public required long BatchId { get; init; }

    /// <summary>The line in the file, from 1, including the header. For Parquet, the number of the row.</summary>
    public required long LineNumber { get; init; }

    public required string Text { get; init; }

    public required string Reason { get; init; }
}
