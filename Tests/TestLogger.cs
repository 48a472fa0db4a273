using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Wyckoff.Tests;

/// <summary>Base class of loggers for tests, which are enabled on every level.</summary>
internal abstract class TestLogger(string category = "") : ILogger
{
    public virtual IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter));

    protected abstract void Write<TState>(in LogEntry<TState> entry);
}

/// <summary>Base class of logger providers for tests that need the category and the scopes of an entry.</summary>
internal abstract class ScopedLoggerProvider : ILoggerProvider, ISupportExternalScope
{
    protected IExternalScopeProvider? Scopes { get; private set; }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => Scopes = scopeProvider;

    public void Dispose() { }

    protected abstract void Write<TState>(in LogEntry<TState> entry);

    private sealed class Logger(ScopedLoggerProvider provider, string category) : TestLogger(category)
    {
        public override IDisposable? BeginScope<TState>(TState state) => provider.Scopes?.Push(state);

        protected override void Write<TState>(in LogEntry<TState> entry) => provider.Write(entry);
    }
}
