using Wyckoff.Bars.Writing;
using Wyckoff.Imports.Delimited;
using Wyckoff.Primitives;

namespace Wyckoff.Imports;

/// <summary>What whoever imports says of a file. All of it may be left out where the file says so itself.</summary>
public sealed record ImportOptions
{
    /// <summary>Whose bars they are. Otherwise a column, or the file's name, says so.</summary>
    public Symbol? Symbol { get; init; }

    /// <summary>Their width. Otherwise a column, or the file's name, says so.</summary>
    public Timeframe? Timeframe { get; init; }

    public string Source { get; init; } = "import";

    public ConflictPolicy Policy { get; init; } = ConflictPolicy.Skip;

    /// <summary>Of times that do not say theirs; UTC otherwise.</summary>
    public TimeZoneInfo? TimeZone { get; init; }

    /// <summary>How times are written: a pattern of yyyy MM dd HH mm ss, or s, ms, us, ns since 1970.</summary>
    public TimePattern? DateFormat { get; init; }

    /// <summary>Column names or numbers (from 1) by what they hold.</summary>
    public ColumnMap Columns { get; init; } = ColumnMap.Guess;

    /// <summary>Prices in the file are so many times what they should be.</summary>
    public long PriceScale { get; init; } = 1;

    public byte? Delimiter { get; init; }

    /// <summary>A file with more rejected rows than this fails.</summary>
    public long? MaxRejects { get; init; }

    /// <summary>Read a file although it was imported already.</summary>
    public bool Force { get; init; }

    public bool RollUp { get; init; } = true;

    public bool Derive { get; init; } = true;

    /// <summary>Of tickers that are not there yet.</summary>
    public string? TickerTimeZone { get; init; }

    public string? AssetType { get; init; }
}
