namespace Wyckoff.Imports.Parquet;

/// <summary>A file that is no Parquet file, a damaged one, or one that uses what is not supported; the message says which, and where.</summary>
public sealed class ParquetException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The same in our words: the library puts a type name of C++ around its message.</summary>
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
