using System.ComponentModel;
using System.Diagnostics;

namespace Wyckoff.AppHost;

/// <summary>Runs Docker or Podman through its command line.</summary>
public static class ContainerEngine
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Returns the name of the first engine that works, or null. An installed client whose daemon is down does not count.
    /// </summary>
    /// <param name="only">docker or podman, if the user has named one; otherwise both are tried.</param>
    public static string? Find(string? only = null) =>
        (string.IsNullOrEmpty(only) ? ["docker", "podman"] : (string[])[only]).FirstOrDefault(
            // "container ls" fails without the daemon. "info" exits with 0 in some versions even if the daemon is down.
            engine => Run(engine, ["container", "ls", "--last", "1"]) is null
        );

    /// <summary>Removes a container and its volume, if they exist.</summary>
    public static void Remove(string engine, string container, string volume)
    {
        if ((Run(engine, ["rm", "--force", container]) ?? Run(engine, ["volume", "rm", "--force", volume])) is { } error)
        {
            throw new AppHostException($"The container {container} and its volume {volume} could not be removed: {error}");
        }
    }

    /// <summary>Runs a command of the engine. Returns null on success, otherwise the error.</summary>
    private static string? Run(string engine, string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(engine, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
            )!;
            var error = process.StandardError.ReadToEndAsync();
            process.OutputDataReceived += static (_, _) => { };
            process.BeginOutputReadLine();
            if (!process.WaitForExit(Timeout))
            {
                process.Kill(entireProcessTree: true);
                return $"{engine} did not answer within {Timeout.TotalSeconds:0} s";
            }

            if (process.ExitCode == 0)
            {
                return null;
            }

            return error.GetAwaiter().GetResult().Trim() is { Length: > 0 } said ? said : $"{engine} ended with {process.ExitCode}";
        }
        catch (Win32Exception)
        {
            return $"{engine} is not installed";
        }
    }
}
