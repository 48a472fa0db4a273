namespace Wyckoff.Imports.Records;

/// <summary>The result of importing one file, or one entry of an archive.</summary>
public sealed record ImportResult
{
    /// <summary>The id in market.import_batches; 0 for a file that could not be opened.</summary>
    public required long Id { get; init; }

    public required string File { get; init; }

    public required ImportStatus Status { get; init; }

    /// <summary>The file was imported before, under this id, and was not read again.</summary>
    public bool AlreadyThere { get; init; }

    /// <summary>This import resumed an earlier one that had died or failed.</summary>
    public bool Resumed { get; init; }

    public long Read => Inserted + Updated + Skipped + Rejected;

    public long Inserted { get; init; }

    public long Updated { get; init; }

    /// <summary>Rows whose bars existed already, and duplicates within the file.</summary>
    public long Skipped { get; init; }

    /// <summary>Of the skipped rows those whose values differ from the stored bar.</summary>
    public long Differing { get; init; }

    /// <summary>Rows that a later row replaced, because both are for the same bar.</summary>
    public long Duplicates { get; init; }

    public long Rejected { get; init; }

    /// <summary>Imported rows of which a price or the volume was rounded.</summary>
    public long Rounded { get; init; }

    public TimeSpan Took { get; init; }

    /// <summary>Why the import failed.</summary>
    public string? Error { get; init; }

    /// <summary>Assumptions made about the file, and columns that were ignored.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The first rejects.</summary>
    public IReadOnlyList<ImportReject> FirstRejects { get; init; } = [];
}
