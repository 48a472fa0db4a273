using Wyckoff.Bars;

namespace Wyckoff.Imports.Parquet;

/// <summary>One row of a file: a valid bar, or the reason for which the row is a reject.</summary>
/// <param name="Row">Number of the row, from 1.</param>
/// <param name="Bar">Undefined if there is a reason.</param>
/// <param name="Symbol">Symbol in the file; null if the file has no such column or the value is null.</param>
/// <param name="Timeframe">Timeframe in the file, as it is written there; null if the file has none.</param>
/// <param name="Offset">How many microseconds the time in the file is ahead of UTC; null if it has no zone and UTC was assumed.</param>
/// <param name="IsRounded">A number was rounded.</param>
/// <param name="Reason">The field that is wrong, its value, and what was expected.</param>
/// <param name="Text">The row as text, if there is a reason.</param>
public readonly record struct ParquetBarRow(
    long Row,
    IncomingBar Bar,
    string? Symbol,
    string? Timeframe,
    long? Offset,
    bool IsRounded,
    string? Reason,
    string? Text
)
{
    /// <summary>The time has no zone in the file; UTC was assumed.</summary>
    public bool IsLocal => Offset is null;
}
