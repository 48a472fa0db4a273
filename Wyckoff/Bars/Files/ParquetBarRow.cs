namespace Wyckoff.Bars.Files;

/// <summary>One row of a file: a bar that keeps every rule of bars, or the reason why it is none.</summary>
/// <param name="Row">From 1.</param>
/// <param name="Bar">Of no meaning where there is a reason.</param>
/// <param name="Symbol">As the file has it; null where it has no such column, or nothing in it.</param>
/// <param name="IsLocal">The time came without a zone, and was taken for UTC.</param>
/// <param name="Reason">What is wrong: the field, its value, what was expected.</param>
/// <param name="Text">The row, where there is a reason.</param>
public readonly record struct ParquetBarRow(long Row, IncomingBar Bar, string? Symbol, bool IsLocal, string? Reason, string? Text);
