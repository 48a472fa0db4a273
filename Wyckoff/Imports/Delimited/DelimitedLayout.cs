using Wyckoff.Imports.Opening;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Delimited;

/// <summary>How the columns of a delimited file map to the fields of a bar, and how its rows are written.</summary>
internal sealed class DelimitedLayout
{
    public required byte Delimiter { get; init; }

    public required byte NewLine { get; init; }

    /// <summary>The column names; empty without a header.</summary>
    public required IReadOnlyList<string> Header { get; init; }

    /// <summary>The vendor whose files have this layout, if only that vendor's have it.</summary>
    public string? Vendor { get; init; }

    /// <summary>The first line that may hold a bar, counted from 1.</summary>
    public required long FirstLine { get; init; }

    /// <summary>How many columns a row has.</summary>
    public required int Count { get; init; }

    /// <summary>How many columns a row has at least: those after them are not needed, and empty if they are missing.</summary>
    public required int Needed { get; init; }

    /// <summary>The symbol of all rows, if the header has it.</summary>
    public string? Symbol { get; init; }

    /// <summary>The column of each role; -1 for none.</summary>
    public required int[] Columns { get; init; }

    /// <summary>Creates a reader of the times in this file.</summary>
    public required Func<TimeReader> Times { get; init; }

    public NumberStyle Numbers { get; init; } = NumberStyle.Plain;

    /// <summary>The sampled rows have empty volumes, as files of indices or currencies do. An empty volume is then 0.</summary>
    public bool EmptyVolume { get; init; }

    /// <summary>The newest row comes first.</summary>
    public bool Descending { get; init; }

    /// <summary>A sampled time has neither offset nor zone.</summary>
    public bool HasLocalTimes { get; init; }

    /// <summary>A sampled time has a time of day.</summary>
    public bool HasTimeOfDay { get; init; }

    /// <summary>Assumptions made, and columns that are ignored.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    public int this[Role role] => Columns[(int)role];

    /// <summary>Describes a column, counted from 0.</summary>
    public FileColumn Column(int index) =>
        new(
            index + 1,
            index < Header.Count ? Header[index] : null,
            Array.IndexOf(Columns, index) is >= 0 and var role ? ((Role)role).ToString().ToLowerInvariant() : null
        );
}
