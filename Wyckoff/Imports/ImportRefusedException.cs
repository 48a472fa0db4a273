using System.Globalization;

namespace Wyckoff.Imports;

/// <summary>A file, or the rest of it, is not imported; the message says why.</summary>
public sealed class ImportRefusedException : InvalidOperationException
{
    public ImportRefusedException(string message)
        : base(message) { }

    internal ImportRefusedException(string message, long line, string text)
        : base(message) => (Line, Text) = (line, text);

    /// <summary>The line of the problem; 0 if it is not in the content of the file.</summary>
    public long Line { get; }

    /// <summary>The text of that line.</summary>
    public string Text { get; } = "";

    /// <summary>More rows were rejected than the options allow.</summary>
    internal static ImportRefusedException TooManyRejects(long max, RejectedRow last) =>
        new(
            string.Create(CultureInfo.InvariantCulture, $"More than {max} rows were rejected, the last in line {last.Line}: {last.Reason}.")
        );

    /// <summary>What to say of a file of which all rows were rejected.</summary>
    internal static string AllRejected(long count, long firstLine, string firstReason) =>
        string.Create(CultureInfo.InvariantCulture, $"All {count} rows were rejected, the first in line {firstLine}: {firstReason}.");
}
