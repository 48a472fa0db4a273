using System.Diagnostics;

namespace Wyckoff.Tests;

/// <summary>Runs the programs of this solution and other processes.</summary>
internal static class Run
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Returns the built program of a project, in the same configuration as the tests.</summary>
    public static string Dll(string project)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(Root, project, "bin", framework.Parent!.Name, framework.Name, $"Wyckoff.{project}.dll");
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
            folder = folder.Parent ?? throw new InvalidOperationException("Wyckoff.sln is in no folder above the tests.");
        }

        return folder.FullName;
    }
}
