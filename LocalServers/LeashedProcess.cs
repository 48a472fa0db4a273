using System.Diagnostics;

namespace Wyckoff.LocalServers;

/// <summary>A child process that ends when we do, even by kill -9: see <c>leash</c>, whose standard input is the pipe we hold.</summary>
public sealed class LeashedProcess : IAsyncDisposable
{
    private const int Remembered = 20;

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

    /// <summary>The command's own process id, not the leash's.</summary>
    public int Pid { get; }

    /// <summary>The exit code, once the command is gone and its last line was delivered.</summary>
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

    /// <param name="name">What messages call it.</param>
    /// <param name="fileName">The program.</param>
    /// <param name="args">Its arguments.</param>
    /// <param name="environment">Variables to add, or with null to take away.</param>
    /// <param name="workingDirectory">Where it runs; null is here.</param>
    /// <param name="stopSignal">TERM, or INT for a program that handles INT by itself.</param>
    /// <param name="grace">How long after the signal it is killed.</param>
    /// <param name="onLine">Receives each line of output and error, one at a time.</param>
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
        // In a session of its own Ctrl+C does not reach it: we decide in which order things end. macOS has no setsid.
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

    /// <summary>Lets go of the leash and waits until the command is gone.</summary>
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
        // Not WaitForExitAsync: it waits for the streams as well, which a command that outlived its killed leash still holds.
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
                if (_lastLines.Count > Remembered)
                {
                    _lastLines.Dequeue();
                }

                _onLine(line);
            }
        }
    }
}
