namespace Wyckoff.Imports;

/// <summary>Nothing of a file can be read, or it must not be: the message says why.</summary>
public sealed class ImportRefusedException : InvalidOperationException
{
    public ImportRefusedException(string message)
        : base(message) { }

    internal ImportRefusedException(string message, long line, string text)
        : base(message) => (Line, Text) = (line, text);

    /// <summary>Where in the file; 0 when it is not about what is in it.</summary>
    public long Line { get; }

    /// <summary>What stands there.</summary>
    public string Text { get; } = "";
}
