using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Wyckoff.ServiceDefaults;

/// <summary>Writes each log message as one line with its trace id and request id. An indented stack trace follows.</summary>
/// <remarks>
/// A search for the trace id of a problem response finds only the first line, so that line also has the exception and the path.
/// </remarks>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    private const string Indent = "      ";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write(time.GetUtcNow().ToString("HH:mm:ss.fff ", CultureInfo.InvariantCulture));
        textWriter.Write(Word(logEntry.LogLevel));
        textWriter.Write(' ');
        textWriter.Write(logEntry.Category.AsSpan(logEntry.Category.LastIndexOf('.') + 1));
        textWriter.Write(": ");
        textWriter.Write(message.ReplaceLineEndings(" "));
        if (logEntry.Exception is not { } exception)
        {
            scopeProvider?.ForEachScope(WriteIds, textWriter);
            textWriter.WriteLine();
            return;
        }

        textWriter.Write($" {exception.GetType()}: {exception.Message.ReplaceLineEndings(" ")}");
        scopeProvider?.ForEachScope(WritePathAndIds, textWriter);
        textWriter.WriteLine();
        foreach (var line in exception.ToString().AsSpan().EnumerateLines())
        {
            textWriter.Write(Indent);
            textWriter.WriteLine(line);
        }
    }

    private static void WriteIds(object? scope, TextWriter writer) => WriteScope(scope, writer, withPath: false);

    private static void WritePathAndIds(object? scope, TextWriter writer) => WriteScope(scope, writer, withPath: true);

    private static void WriteScope(object? scope, TextWriter writer, bool withPath)
    {
        foreach (var (key, value) in scope as IEnumerable<KeyValuePair<string, object?>> ?? [])
        {
            var name = key switch
            {
                "TraceId" => " trace=",
                "Request" => " request=",
                "RequestPath" when withPath => " path=",
                _ => null,
            };
            if (name is not null)
            {
                writer.Write(name);
                writer.Write(value);
            }
        }
    }

    private static string Word(LogLevel level) =>
        level switch
        {
            LogLevel.Trace => "trce",
            LogLevel.Debug => "dbug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            _ => "crit",
        };
}
