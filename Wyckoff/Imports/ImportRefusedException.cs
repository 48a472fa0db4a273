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
}
