using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Wyckoff.Tests;

/// <summary>A log entry as a test sees it.</summary>
internal sealed record LogEntry(int Id, LogLevel Level, string Text, Exception? Exception);

/// <summary>Collects all log entries, of one logger or as a factory or provider of many.</summary>
internal class LogCollector : TestLogger, ILoggerFactory, ILoggerProvider
{
    public ConcurrentQueue<LogEntry> Entries { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The collector is the only provider.");

    public void Dispose() { }

    protected override void Write<TState>(in LogEntry<TState> entry) =>
        Entries.Enqueue(new(entry.EventId.Id, entry.LogLevel, entry.Formatter(entry.State, entry.Exception), entry.Exception));
}

/// <summary>Collects the log entries of a typed logger.</summary>
internal sealed class LogCollector<T> : LogCollector, ILogger<T>;
