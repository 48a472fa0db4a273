using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Wyckoff.MigrationService;

namespace Wyckoff.Tests;

/// <summary>Runs MigrationService.</summary>
internal static class Migrations
{
    /// <summary>In this process, which spares each run seconds of starting one. What it logs comes out as the console would have it.</summary>
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
        // A host logs from several threads.
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

    /// <summary>As compositions do, which go by its exit code.</summary>
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
        return all;
    }

    private sealed class WriterLoggerProvider(TextWriter output, TextWriter error) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => (logLevel >= LogLevel.Warning ? error : output).WriteLine(formatter(state, exception));

        public void Dispose() { }
    }
}

internal static class Run
{
    public static string Root { get; } = FindRoot();

    /// <summary>The program of a project, as it was built beside us.</summary>
    public static string Dll(string project)
    {
        var ours = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(Root, project, "bin", ours.Parent!.Name, ours.Name, $"Wyckoff.{project}.dll");
    }

    public static Task<(int ExitCode, string Output, string Error)> DotnetAsync(
        string project,
        IEnumerable<string> arguments,
        Dictionary<string, string> environment
    ) => ProcessAsync("dotnet", [Dll(project), .. arguments], environment);

    public static async Task<(int ExitCode, string Output, string Error)> ProcessAsync(
        string program,
        IEnumerable<string> arguments,
        Dictionary<string, string> environment,
        string? folder = null
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Wyckoff.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Wyckoff.sln is nowhere above the tests.");
        }

        return folder.FullName;
    }
}
