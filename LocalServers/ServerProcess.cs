using System.Diagnostics;

namespace Wyckoff.LocalServers;

/// <summary>Checks whether the process of a server still runs.</summary>
internal static class ServerProcess
{
    public static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>
    /// True if the process is the PostgreSQL server of this data folder. Process ids are reused, so after a crash the id in postmaster.pid
    /// may belong to another program.
    /// </summary>
    public static async Task<bool> IsPostgresOfAsync(int pid, string dataFolder, CancellationToken cancellationToken)
    {
        if (!IsAlive(pid))
        {
            return false;
        }

        if (!OperatingSystem.IsLinux())
        {
            var (_, command, _) = await Tool.RunAsync(["ps", "-o", "command=", "-p", $"{pid}"], cancellationToken);
            return command.Contains("postgres", StringComparison.Ordinal);
        }
        try
        {
            var command = await File.ReadAllTextAsync($"/proc/{pid}/cmdline", cancellationToken);
            return command.Contains("postgres", StringComparison.Ordinal)
                && (
                    command.Contains(dataFolder, StringComparison.Ordinal)
                    || string.Equals(new FileInfo($"/proc/{pid}/cwd").LinkTarget, dataFolder, StringComparison.Ordinal)
                );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
