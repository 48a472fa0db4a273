namespace Wyckoff.Parquet;

/// <summary>A file is not a Parquet file, is damaged, or uses an unsupported feature; the message says what and where.</summary>
public sealed class ParquetException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Converts an exception of ParquetSharp, whose message is wrapped in the name of a C++ type.</summary>
    internal static ParquetException Of(Exception e, string where)
    {
        const string start = "(message: '";
        var message = e.Message;
        var from = message.IndexOf(start, StringComparison.Ordinal);
        if (from >= 0)
        {
            message = message[(from + start.Length)..].TrimEnd('\'', ')');
        }

        return new($"{where}: {message.ReplaceLineEndings(" ").TrimEnd('.')}.", e);
    }
}
