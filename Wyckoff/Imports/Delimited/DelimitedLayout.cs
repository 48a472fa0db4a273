using Wyckoff.Primitives;

namespace Wyckoff.Imports.Delimited;

/// <summary>How one file of delimited rows is to be read.</summary>
internal sealed class Layout
{
    public required byte Delimiter { get; init; }

    public required byte NewLine { get; init; }

    /// <summary>The first line that may hold a bar, from 1.</summary>
    public required long FirstLine { get; init; }

    /// <summary>How many columns a row has.</summary>
    public required int Count { get; init; }

    /// <summary>The column of each role; -1 for none.</summary>
    public required int[] Columns { get; init; }

    public required Func<TimeReader> Times { get; init; }

    public NumberStyle Numbers { get; init; } = NumberStyle.Plain;

    /// <summary>Nobody gave a volume in the rows at the beginning (an index, a currency): then none is 0.</summary>
    public bool EmptyVolume { get; init; }

    /// <summary>The newest row is the first.</summary>
    public bool Descending { get; init; }

    /// <summary>What whoever imports should know: what was not taken, what was assumed.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    public int this[Role role] => Columns[(int)role];
}
