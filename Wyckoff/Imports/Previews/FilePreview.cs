using Wyckoff.Bars;
using Wyckoff.Bars.Writing;
using Wyckoff.Imports.Opening;
using Wyckoff.Imports.Records;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Previews;

/// <summary>What an import would do with a file, or with the entries of an archive.</summary>
/// <param name="Files">The file, or the first entries of the archive.</param>
/// <param name="NotShown">How many more entries the archive has.</param>
public sealed record ImportPreview(IReadOnlyList<FilePreview> Files, int NotShown = 0);

/// <summary>What an import would do with one file, as far as its first rows show.</summary>
public sealed record FilePreview
{
    public required string File { get; init; }

    /// <summary>The size in bytes; null if it is unknown.</summary>
    public long? Size { get; init; }

    /// <summary>Why the import of the file would fail; null if nothing in the first rows makes it fail.</summary>
    public string? Error { get; init; }

    /// <summary>How the file is written; null if that was not found out.</summary>
    public FileLayout? Layout { get; init; }

    /// <summary>Assumptions made about the file, and columns that are ignored.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>How many rows were read: bars and rejects.</summary>
    public int Rows { get; init; }

    /// <summary>The rows that were read are all rows of the file.</summary>
    public bool IsWhole { get; init; }

    /// <summary>How many of the rows that were read would be rejected.</summary>
    public int Rejected { get; init; }

    /// <summary>How many of the rows that were read would be imported with a rounded number.</summary>
    public int Rounded { get; init; }

    public IReadOnlyList<ImportReject> FirstRejects { get; init; } = [];

    /// <summary>The first bars in the order of the file, as they would be stored.</summary>
    public IReadOnlyList<PreviewedBar> FirstBars { get; init; } = [];

    /// <summary>What would happen to the bars of the first series.</summary>
    public IReadOnlyList<SeriesPreview> Series { get; init; } = [];

    /// <summary>How many more series the rows have.</summary>
    public int SeriesNotShown { get; init; }

    /// <summary>Earlier imports of the same content, newest first; null if that was not checked.</summary>
    public IReadOnlyList<ImportRecord>? Earlier { get; init; }

    /// <summary>The import because of which the file would not be read again; null if it would be read.</summary>
    public long? AlreadyImportedBy { get; init; }
}

/// <summary>A bar with its symbol and timeframe.</summary>
public readonly record struct PreviewedBar(Symbol Symbol, Timeframe Timeframe, IncomingBar Bar);

/// <summary>What would happen to the bars of one symbol and timeframe.</summary>
public sealed record SeriesPreview
{
    public required Symbol Symbol { get; init; }

    public required Timeframe Timeframe { get; init; }

    public required PreviewedTicker Ticker { get; init; }

    /// <summary>How many bars the rows are, without those that a later row replaces.</summary>
    public int Bars => New + Equal + RolledUp + Differing;

    /// <summary>Rows that a later row for the same bar replaces.</summary>
    public int Duplicates { get; init; }

    /// <summary>Bars that are not stored yet.</summary>
    public int New { get; init; }

    /// <summary>Bars that are stored with the same values.</summary>
    public int Equal { get; init; }

    /// <summary>Bars that are stored, but only rolled up from finer ones: they would be replaced.</summary>
    public int RolledUp { get; init; }

    /// <summary>Bars that are stored with other values. The policy decides what would happen to them.</summary>
    public int Differing { get; init; }

    public required ConflictPolicy Policy { get; init; }

    /// <summary>The first of the differing bars.</summary>
    public IReadOnlyList<BarDifference> FirstDifferences { get; init; } = [];
}

/// <summary>A ticker as it is, or as the import would add it.</summary>
public sealed record PreviewedTicker(bool Exists, string AssetType, string TimeZone, bool AllowsNegative);

/// <summary>A bar as it is stored and as the file has it.</summary>
public readonly record struct BarDifference(IncomingBar Stored, IncomingBar File);
