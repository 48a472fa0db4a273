using System.ComponentModel;
using System.Diagnostics;

namespace Wyckoff.AppHost;

/// <summary>Is there a container engine that does its work? An installed client whose daemon is down does not count.</summary>
public static class ContainerRuntime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <param name="only">docker or podman where the user has named one, else both are asked.</param>
    public static bool Answers(string? only = null) =>
        string.IsNullOrEmpty(only) ? Lists("docker") || Lists("podman") : Lists(only);

    private static bool Lists(string engine)
    {
        try
        {
            // Listing needs the daemon; "info" of some versions ends with 0 although it could not be reached.
            using var process = Process.Start(new ProcessStartInfo(engine, ["container", "ls", "--last", "1"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            if (process is null)
            {
                return false;
            }

            process.OutputDataReceived += static (_, _) => { };
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (process.WaitForExit(Patience))
            {
                return process.ExitCode == 0;
            }

            process.Kill(entireProcessTree: true);
            return false;
        }
        catch (Win32Exception)
        {
            return false; // not installed
        }
    }
}
