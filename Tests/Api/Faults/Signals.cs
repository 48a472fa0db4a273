using System.Diagnostics;
using System.Globalization;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>Kills, freezes and thaws server processes.</summary>
internal static class Signals
{
    /// <summary>Sends SIGKILL. The backends of a killed PostgreSQL postmaster exit when they notice.</summary>
    public static void Kill(int process)
    {
        using var server = Process.GetProcessById(process);
        server.Kill();
    }

    public static Task FreezeAsync(LocalRedis redis) => SendAsync("STOP", [redis.Pid]);

    public static Task ThawAsync(LocalRedis redis) => SendAsync("CONT", [redis.Pid]);

    /// <summary>Freezes the postmaster first, so that it starts no new backend meanwhile, and then all its backends.</summary>
    public static async Task FreezeAsync(LocalPostgres server)
    {
        await SendAsync("STOP", [server.Pid]);
        await SendAsync("STOP", await ChildrenAsync(server.Pid));
    }

    public static async Task ThawAsync(LocalPostgres server) => await SendAsync("CONT", [server.Pid, .. await ChildrenAsync(server.Pid)]);

    private static async Task<IReadOnlyList<int>> ChildrenAsync(int process)
    {
        var (_, output, _) = await Run.ProcessAsync("ps", ["-A", "-o", "pid=,ppid="], []);
        return
        [
            .. output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(line => int.Parse(line[1], CultureInfo.InvariantCulture) == process)
                .Select(line => int.Parse(line[0], CultureInfo.InvariantCulture)),
        ];
    }

    // The exit code is ignored, because a process may have exited meanwhile.
    private static Task SendAsync(string signal, IReadOnlyList<int> processes) =>
        processes.Count == 0
            ? Task.CompletedTask
            : Run.ProcessAsync("kill", ["-s", signal, .. processes.Select(process => $"{process}")], []);
}
