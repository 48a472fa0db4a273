using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Wyckoff.MigrationService;

namespace Wyckoff.Tests;

/// <summary>Runs MigrationService.</summary>
internal static class Migrations
{
    /// <summary>Runs MigrationService in this process, which saves seconds per run. The log is returned as the console output.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string connectionString,
        Dictionary<string, string>? environment = null,
        params string[] arguments
    )
    {
        var settings = Settings(connectionString, environment)
            .ToDictionary(
                setting => setting.Key.Replace("__", ":", StringComparison.Ordinal),
                setting => (string?)setting.Value,
                StringComparer.Ordinal
            );
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        // The host logs from several threads.
        await using var safeOutput = TextWriter.Synchronized(output);
        await using var safeError = TextWriter.Synchronized(error);
        var exitCode = await MigrationCommand.RunAsync(
            arguments,
            safeOutput,
            safeError,
            builder =>
            {
                builder.Configuration.AddInMemoryCollection(settings);
                builder.Logging.ClearProviders().AddProvider(new WriterLoggerProvider(safeOutput, safeError));
            }
        );
        return (exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Runs MigrationService as a process, for tests of its exit code and of its real console.</summary>
    public static Task<(int ExitCode, string Output, string Error)> RunProcessAsync(
        string connectionString,
        Dictionary<string, string>? environment = null,
        params string[] arguments
    ) => Run.DotnetAsync("MigrationService", arguments, Settings(connectionString, environment));

    private static Dictionary<string, string> Settings(string connectionString, Dictionary<string, string>? environment)
    {
        var all = new Dictionary<string, string>(environment ?? [], StringComparer.Ordinal)
        {
            ["ConnectionStrings__wyckoff"] = connectionString,
        };
        all.TryAdd("Wyckoff__AppPassword", TestServers.AppPassword);
        all.TryAdd("Wyckoff__WorkerPassword", TestServers.WorkerPassword);
        all.TryAdd("Wyckoff__Access", "local"); // otherwise it writes an admin key to the user's data folder
        return all;
    }

    private sealed class WriterLoggerProvider(TextWriter output, TextWriter error) : TestLogger, ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose() { }

        protected override void Write<TState>(in LogEntry<TState> entry) =>
            (entry.LogLevel >= LogLevel.Warning ? error : output).WriteLine(entry.Formatter(entry.State, entry.Exception));
    }
}
