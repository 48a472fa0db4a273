using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Wyckoff.Tests.AppHost;

/// <summary>An AppHost as a process of its own.</summary>
internal sealed partial class RunningSystem : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly string _home;

    public RunningSystem(string home, IEnumerable<string> arguments, Dictionary<string, string> environment)
    {
        _home = home;
        var start = new ProcessStartInfo("dotnet", [Run.Dll("AppHost"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["WYCKOFF_HOME"] = home;
        foreach (var (name, value) in environment)
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

    public string Output => Read(_output);

    public string Error => Read(_error);

    public async Task SaidAsync(string words)
    {
        var waited = Stopwatch.StartNew();
        while (!Output.Contains(words, StringComparison.Ordinal))
        {
            Assert.False(_process.HasExited, $"It ended: {Error}{Environment.NewLine}{Output}");
            Assert.True(waited.Elapsed < Patience, $"It never said '{words}': {Output}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public async Task<int> ExitAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public void Signal(PosixSignal signal) => Assert.Equal(0, SendSignal(_process.Id, signal == PosixSignal.SIGINT ? 2 : 15));

    public void Kill() => _process.Kill();

    /// <summary>Through eng/psql, as a user would.</summary>
    public async Task<string> PsqlAsync(string sql)
    {
        var (exitCode, output, error) = await Run.ProcessAsync(Path.Combine(Run.Root, "eng", "psql"), ["-XAtqc", sql], new() { ["WYCKOFF_HOME"] = _home });
        Assert.True(exitCode == 0, error);
        return output.Trim();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(); // its children notice by themselves
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
