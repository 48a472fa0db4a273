using System.Diagnostics;

namespace Wyckoff.LocalServers;

/// <summary>Runs short-lived programs and finds the scripts beside this assembly.</summary>
internal static class Tool
{
    public const string ThreeWaysOut =
        "start a container engine, or install PostgreSQL (15 or newer) with TimescaleDB and Redis, "
        + "or give connection strings (ConnectionStrings__wyckoff, ConnectionStrings__cache).";

    public static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "local", name);

    /// <summary>Finds a program on PATH. Links are resolved, because files of the program are searched relative to the real path.</summary>
    public static string? OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .Where(File.Exists)
            .Select(file => File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file)
            .FirstOrDefault();

    /// <summary>Runs a program and returns its exit code, stdout and last line of stderr. Cancellation kills the program.</summary>
    public static async Task<(int Code, string Output, string LastError)> RunAsync(
        IReadOnlyList<string> command,
        CancellationToken cancellationToken,
        Action<string>? onLine = null,
        IReadOnlyDictionary<string, string?>? environment = null
    )
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // The account of the servers may not be able to enter the current folder, and programs such as initdb need to.
            WorkingDirectory = "/",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = new StringWriter();
        var lastError = "";
        var streams = Task.WhenAll(
            ReadAsync(
                process.StandardOutput,
                line =>
                {
                    output.WriteLine(line);
                    onLine?.Invoke(line);
                }
            ),
            ReadAsync(process.StandardError, line => lastError = line.Length > 0 ? line : lastError)
        );
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        await streams;
        return (process.ExitCode, output.ToString().TrimEnd(), lastError);
    }

    private static async Task ReadAsync(StreamReader reader, Action<string> onLine)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            onLine(line);
        }
    }
}
