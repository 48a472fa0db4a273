using System.Diagnostics;
using System.Globalization;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>What can befall a server process.</summary>
internal static class Signals
{
    /// <summary>SIGKILL. Of PostgreSQL it is the postmaster that is killed; its backends end when they notice.</summary>
    public static void Kill(int process)
    {
        using var victim = Process.GetProcessById(process);
        victim.Kill();
    }

    public static Task FreezeAsync(LocalRedis redis) => SendAsync("STOP", [redis.Pid]);

    public static Task ThawAsync(LocalRedis redis) => SendAsync("CONT", [redis.Pid]);

    /// <summary>All of it: the postmaster first, so that nothing is born meanwhile.</summary>
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

    // One that has ended meanwhile is no news.
    private static Task SendAsync(string signal, IReadOnlyList<int> processes) =>
        processes.Count == 0
            ? Task.CompletedTask
            : Run.ProcessAsync("kill", ["-s", signal, .. processes.Select(process => $"{process}")], []);
}
