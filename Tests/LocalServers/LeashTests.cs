using System.Diagnostics;
using System.Globalization;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.LocalServers;

public sealed class LeashTests
{
    private static readonly string _leash = Path.Combine(AppContext.BaseDirectory, "local", "leash");

    private readonly List<string> _lines = [];

    [Fact]
    public async Task The_exit_code_and_the_output_are_those_of_the_command()
    {
        await using var process = Start("TERM", 5, "echo one; echo two >&2; exit 7");
        Assert.Equal(7, await process.Exited.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));
        Assert.Equal(["one", "two"], _lines.Order(StringComparer.Ordinal));
        Assert.Equal(_lines, process.LastLines);
    }

    [Fact]
    public async Task Stopping_ends_the_command_with_the_signal()
    {
        await using var process = Start("TERM", 5, "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done");
        await SeenAsync("ready");
        Assert.True(IsAlive(process.Pid));
        await process.StopAsync();
        Assert.Equal(3, await process.Exited);
        Assert.Equal(["ready", "bye"], _lines);
        Assert.False(IsAlive(process.Pid));
    }

    [Fact]
    public async Task A_command_that_ignores_the_signal_is_killed_after_the_grace_period()
    {
        await using var process = Start("TERM", 1, "trap '' TERM; echo ready; while :; do sleep 0.05; done");
        await SeenAsync("ready");
        await process.StopAsync();
        Assert.Equal(137, await process.Exited);
    }

    [Fact]
    public async Task Killing_the_parent_ends_the_command()
    {
        // A shell plays the parent: with descriptor 9 it alone holds the other end of the leash's pipe.
        using var parent = Process.Start(
            new ProcessStartInfo(
                "/bin/bash",
                ["-c", "exec 9> >(exec sh \"$0\" TERM 5 sleep 61); while :; do sleep 0.05 9>&-; done", _leash]
            )
            {
                RedirectStandardOutput = true,
            }
        )!;
        var command = int.Parse(
            (await parent.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!,
            CultureInfo.InvariantCulture
        );
        var leash = ParentOf(command);
        Assert.True(IsAlive(command));
        parent.Kill();
        await GoneAsync(command);
        await GoneAsync(leash);
    }

    [Fact]
    public async Task Killing_the_leash_ends_the_command()
    {
        await using var process = Start("TERM", 5, "echo ready; exec sleep 62");
        await SeenAsync("ready");
        using (var leash = Process.GetProcessById(ParentOf(process.Pid)))
        {
            leash.Kill();
        }

        await process.Exited.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        await GoneAsync(process.Pid);
    }

    [Fact]
    public void A_taken_port_is_described_with_its_process()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        Assert.False(PortOwner.IsFree(port));
        Assert.StartsWith($"port {port} is taken", PortOwner.Describe(port), StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
        {
            Assert.EndsWith($"(process {Environment.ProcessId})", PortOwner.Describe(port), StringComparison.Ordinal);
        }

        // Another process may take a freed port at once, so one of several must be free.
        Assert.Contains(Enumerable.Range(0, 10), _ => PortOwner.IsFree(TakenAndFreedPort()));

        static int TakenAndFreedPort()
        {
            using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
            listener.Start();
            return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        }
    }

    private LeashedProcess Start(string signal, int grace, string script) =>
        LeashedProcess.Start(
            "test",
            "/bin/sh",
            ["-c", script],
            null,
            null,
            signal,
            TimeSpan.FromSeconds(grace),
            line =>
            {
                lock (_lines)
                {
                    _lines.Add(line);
                }
            }
        );

    private Task SeenAsync(string line) =>
        Eventually.HoldsAsync(() =>
        {
            lock (_lines)
            {
                return _lines.Contains(line);
            }
        });

    private static Task GoneAsync(int pid) => Eventually.HoldsAsync(() => !IsAlive(pid));

    // A zombie counts as dead.
    private static bool IsAlive(int pid)
    {
        using var ps = Process.Start(new ProcessStartInfo("ps", ["-o", "stat=", "-p", $"{pid}"]) { RedirectStandardOutput = true })!;
        var state = ps.StandardOutput.ReadToEnd().Trim();
        return state.Length > 0 && state[0] != 'Z';
    }

    private static int ParentOf(int pid)
    {
        using var ps = Process.Start(new ProcessStartInfo("ps", ["-o", "ppid=", "-p", $"{pid}"]) { RedirectStandardOutput = true })!;
        return int.Parse(ps.StandardOutput.ReadToEnd().Trim(), CultureInfo.InvariantCulture);
    }
}
