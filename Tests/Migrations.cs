using System.Diagnostics;

namespace Wyckoff.Tests;

/// <summary>Runs MigrationService as a process: its exit code is what compositions go by.</summary>
internal static class Migrations
{
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(string connectionString, Dictionary<string, string>? environment = null, params string[] arguments)
    {
        var all = new Dictionary<string, string>(environment ?? [], StringComparer.Ordinal) { ["ConnectionStrings__wyckoff"] = connectionString };
        all.TryAdd("Wyckoff__AppPassword", TestServers.AppPassword);
        all.TryAdd("Wyckoff__WorkerPassword", TestServers.WorkerPassword);
        return Run.DotnetAsync("MigrationService", arguments, all);
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

    public static Task<(int ExitCode, string Output, string Error)> DotnetAsync(string project, IEnumerable<string> arguments, Dictionary<string, string> environment) =>
        ProcessAsync("dotnet", [Dll(project), .. arguments], environment);

    public static async Task<(int ExitCode, string Output, string Error)> ProcessAsync(string program, IEnumerable<string> arguments, Dictionary<string, string> environment, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder ?? "" };
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
