using Wyckoff.Bars;

namespace Wyckoff.Imports.Parquet;

/// <summary>One row of a file: a valid bar, or the reason for which the row is a reject.</summary>
/// <param name="Row">Number of the row, from 1.</param>
/// <param name="Bar">Undefined if there is a reason.</param>
/// <param name="Symbol">Symbol in the file; null if the file has no such column or the value is null.</param>
/// <param name="IsLocal">The time has no zone in the file; UTC was assumed.</param>
/// <param name="Reason">The field that is wrong, its value, and what was expected.</param>
/// <param name="Text">The row as text, if there is a reason.</param>
public readonly record struct ParquetBarRow(long Row, IncomingBar Bar, string? Symbol, bool IsLocal, string? Reason, string? Text);
