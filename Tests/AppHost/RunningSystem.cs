using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Wyckoff.LocalServers;

namespace Wyckoff.Tests.AppHost;

/// <summary>Runs the built AppHost as a process and captures its console output.</summary>
internal sealed partial class RunningSystem : IDisposable
{
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromMinutes(4);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly string _home;

    public RunningSystem(string home, IEnumerable<string> arguments, Dictionary<string, string>? environment = null)
    {
        _home = home;
        var start = new ProcessStartInfo("dotnet", [Run.Dll("AppHost"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment[ServerHome.Variable] = home;
        foreach (var (name, value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_error, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => Read(_output);

    /// <summary>The lines on stderr.</summary>
    public string[] Errors => Read(_error).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Waits until the output contains the text at or after the given position.</summary>
    public async Task WaitForOutputAsync(string text, int start = 0)
    {
        await Eventually.HoldsAsync(
            () => Output.IndexOf(text, Math.Min(start, Output.Length), StringComparison.Ordinal) >= 0 || HasExited,
            () => $"It never printed '{text}': {Output}{string.Join('\n', Errors)}"
        );
        Assert.True(Output.IndexOf(text, start, StringComparison.Ordinal) >= 0, $"It ended: {string.Join('\n', Errors)}\n{Output}");
    }

    public async Task<int> ExitAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(ExitTimeout);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public void Terminate() => Assert.Equal(0, SendSignal(_process.Id, 15));

    public void Kill() => _process.Kill();

    /// <summary>Runs SQL through eng/psql, as a user does.</summary>
    public async Task<string> PsqlAsync(string sql, bool asOwner = false)
    {
        var (exitCode, output, error) = await ScriptAsync("eng/psql", [.. asOwner ? ["--owner"] : Array.Empty<string>(), "-XAtqc", sql]);
        Assert.True(exitCode == 0, error);
        return output.Trim();
    }

    /// <summary>Runs a script of the repository in another working directory.</summary>
    public Task<(int ExitCode, string Output, string Error)> ScriptAsync(
        string script,
        IEnumerable<string> arguments,
        string? folder = null
    ) => Run.ProcessAsync(Path.Combine(Run.Root, script), arguments, new(StringComparer.Ordinal) { [ServerHome.Variable] = _home }, folder);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(); // Its child processes end by themselves.
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.AppendLine(line);
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }
}
