namespace Wyckoff.Imports.Records;

/// <summary>What became of one file, or of one file in an archive.</summary>
public sealed record ImportResult
{
    /// <summary>Of market.import_batches.</summary>
    public required long Id { get; init; }

    public required string File { get; init; }

    public required ImportStatus Status { get; init; }

    /// <summary>It was imported before, by the import of this id; nothing was read.</summary>
    public bool AlreadyThere { get; init; }

    /// <summary>It went on where an earlier import of it had died.</summary>
    public bool Resumed { get; init; }

    public long Read => Inserted + Updated + Skipped + Rejected;

    public long Inserted { get; init; }

    public long Updated { get; init; }

    /// <summary>There already, duplicates within the file included.</summary>
    public long Skipped { get; init; }

    /// <summary>Of several rows for one bar within a batch, all but the last.</summary>
    public long Duplicates { get; init; }

    public long Rejected { get; init; }

    public TimeSpan Took { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>What was assumed, and what was not taken.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The first of the rejected rows.</summary>
    public IReadOnlyList<ImportReject> FirstRejects { get; init; } = [];
}
