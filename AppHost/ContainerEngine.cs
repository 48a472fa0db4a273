using System.ComponentModel;
using System.Diagnostics;

namespace Wyckoff.AppHost;

/// <summary>Docker or Podman, asked through its command line.</summary>
public static class ContainerEngine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The engine that does its work, or null. An installed client whose daemon is down does not count.</summary>
    /// <param name="only">docker or podman where the user has named one, else both are asked.</param>
    public static string? Find(string? only = null) =>
        (string.IsNullOrEmpty(only) ? ["docker", "podman"] : (string[])[only]).FirstOrDefault(
            // Listing needs the daemon; "info" of some versions ends with 0 although it could not be reached.
            engine => Run(engine, ["container", "ls", "--last", "1"]) is null
        );

    /// <summary>Removes a container and its volume; what is not there is no error.</summary>
    public static void Remove(string engine, string container, string volume)
    {
        if ((Run(engine, ["rm", "--force", container]) ?? Run(engine, ["volume", "rm", "--force", volume])) is { } error)
        {
            throw new AppHostException($"The container {container} and its volume {volume} could not be removed: {error}");
        }
    }

    /// <summary>Null when it went well, else what the engine said.</summary>
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
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return $"{engine} did not answer within {Patience.TotalSeconds:0} s";
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
