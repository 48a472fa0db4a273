using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Wyckoff.Tests;

/// <summary>A log entry as a test sees it.</summary>
internal sealed record LogEntry(int Id, LogLevel Level, string Text, Exception? Exception);

/// <summary>Collects all log entries, of one logger or as a factory of many.</summary>
internal class LogCollector : ILogger, ILoggerFactory
{
    public ConcurrentQueue<LogEntry> Entries { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The collector is the only provider.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => Entries.Enqueue(new(eventId.Id, logLevel, formatter(state, exception), exception));

    public void Dispose() { }
}

/// <summary>Collects the log entries of a typed logger.</summary>
internal sealed class LogCollector<T> : LogCollector, ILogger<T>;
