using System.Diagnostics;

namespace Wyckoff.LocalServers;

/// <summary>
/// A child process that ends with this process, even after kill -9. The script <c>leash</c> runs the child and ends it when its standard
/// input, a pipe from this process, is closed.
/// </summary>
public sealed class LeashedProcess : IAsyncDisposable
{
    private const int KeptLines = 20;

    private readonly Process _leash;
    private readonly Action<string> _onLine;
    private readonly Queue<string> _lastLines = [];

    private LeashedProcess(string name, Process leash, int pid, Action<string> onLine)
    {
        Name = name;
        Pid = pid;
        _leash = leash;
        _onLine = onLine;
        Exited = RunAsync();
    }

    public string Name { get; }

    /// <summary>The process id of the command, not of the leash.</summary>
    public int Pid { get; }

    /// <summary>Completes with the exit code when the command has ended and its last line was delivered.</summary>
    public Task<int> Exited { get; }

    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_lastLines)
            {
                return [.. _lastLines];
            }
        }
    }

    /// <summary>Starts the command on a leash.</summary>
    /// <param name="name">The name used in messages.</param>
    /// <param name="fileName">The program.</param>
    /// <param name="args">The arguments of the program.</param>
    /// <param name="environment">Variables to set; a null value removes the variable.</param>
    /// <param name="workingDirectory">The working directory; null for that of this process.</param>
    /// <param name="stopSignal">TERM, or INT for a program that installs its own handler for INT.</param>
    /// <param name="grace">The time between the signal and the kill.</param>
    /// <param name="onLine">Receives each line of stdout and stderr, one at a time.</param>
    public static LeashedProcess Start(
        string name,
        string fileName,
        IEnumerable<string> args,
        IReadOnlyDictionary<string, string?>? environment,
        string? workingDirectory,
        string stopSignal,
        TimeSpan grace,
        Action<string> onLine
    )
    {
        string[] command =
        [
            "/bin/sh",
            Tool.Script("leash"),
            stopSignal,
            ((int)Math.Ceiling(grace.TotalSeconds)).ToString("0", null),
            fileName,
            .. args,
        ];
        // In its own session the command does not receive Ctrl+C, so this process decides the order of the shutdown. macOS has no
        // setsid.
        if (Tool.OnPath("setsid") is { } setsid)
        {
            command = [setsid, .. command];
        }

        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        foreach (var (variable, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[variable] = value;
        }

        var leash = Process.Start(start)!;
        if (!int.TryParse(leash.StandardOutput.ReadLine(), out var pid))
        {
            var error = leash.StandardError.ReadToEnd().Trim();
            leash.Dispose();
            throw new LocalServerException($"{name} cannot be started: {error}");
        }
        return new(name, leash, pid, onLine);
    }

    /// <summary>Stops the command and waits until it has ended.</summary>
    public async Task StopAsync()
    {
        _leash.StandardInput.Close();
        await Exited;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _leash.Dispose();
    }

    private async Task<int> RunAsync()
    {
        var streams = Task.WhenAll(ReadAsync(_leash.StandardOutput), ReadAsync(_leash.StandardError));
        // WaitForExitAsync also waits for the streams to close. A command that outlives its killed leash keeps them open.
        var exited = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _leash.Exited += (_, _) => exited.TrySetResult();
        _leash.EnableRaisingEvents = true;
        await exited.Task;
        _leash.StandardInput.Close();
        await streams;
        return _leash.ExitCode;
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_lastLines)
            {
                _lastLines.Enqueue(line);
                if (_lastLines.Count > KeptLines)
                {
                    _lastLines.Dequeue();
                }

                _onLine(line);
            }
        }
    }
}
