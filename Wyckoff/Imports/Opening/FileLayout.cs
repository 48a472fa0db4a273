namespace Wyckoff.Imports.Opening;

/// <summary>Where something that is known about a file comes from.</summary>
public enum Origin
{
    /// <summary>An option of the import.</summary>
    Option,

    /// <summary>A column, so each row has its own.</summary>
    Column,

    /// <summary>The name of the file or of its folder.</summary>
    FileName,

    /// <summary>The first rows.</summary>
    Detected,

    /// <summary>Nothing says otherwise.</summary>
    Default,
}

/// <summary>Something that is known about a file, and where it comes from. The value is null if each row has its own.</summary>
public sealed record Finding(string? Value, Origin From);

/// <summary>A column of a file: its number from 1, its name if it has one, and its field of the bar; null if it is ignored.</summary>
public sealed record FileColumn(int Number, string? Name, string? Field);

/// <summary>How a file is written, and how its columns map to the fields of a bar.</summary>
public sealed record FileLayout
{
    /// <summary>text or parquet.</summary>
    public required string Format { get; init; }

    public string? Compression { get; init; }

    /// <summary>The encoding of a text file.</summary>
    public string? Encoding { get; init; }

    /// <summary>The vendor whose files have this layout, if only that vendor's have it.</summary>
    public string? Vendor { get; init; }

    /// <summary>The character between the columns of a text file.</summary>
    public string? Delimiter { get; init; }

    /// <summary>Whether a text file has column names.</summary>
    public bool? HasHeader { get; init; }

    /// <summary>The first line of a text file that may hold a bar.</summary>
    public long? FirstLine { get; init; }

    public required IReadOnlyList<FileColumn> Columns { get; init; }

    /// <summary>The symbol; null if there is none.</summary>
    public Finding? Symbol { get; init; }

    /// <summary>The timeframe; null if there is none.</summary>
    public Finding? Timeframe { get; init; }

    /// <summary>The zone of the times; null if the file has only dates, which name sessions.</summary>
    public Finding? TimeZone { get; init; }

    /// <summary>How times are written, as --date-format has it; null in Parquet files.</summary>
    public Finding? DateFormat { get; init; }

    /// <summary>The decimal separator of a text file.</summary>
    public string? DecimalPoint { get; init; }

    /// <summary>Whether the newest row of a text file comes first.</summary>
    public bool? NewestFirst { get; init; }
}
