using System.Text;
using Spectre.Console;
using Wyckoff.Imports;
using Wyckoff.Ingestor.Imports;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Tests.Imports;

/// <summary>The progress that an import shows on a terminal and in a file.</summary>
public sealed class ProgressDisplayTests
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan NextLine = TimeSpan.FromSeconds(5);

    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch);
    private readonly ImportProgress _progress = new();
    private readonly TaskCompletionSource _work = new();

    [Fact]
    public async Task A_redirected_output_gets_a_line_every_five_seconds_without_escapes()
    {
        var output = new StringWriter();
        Begin();
        var showing = ProgressDisplay.ShowWhileAsync(() => _work.Task, _progress, VerbConsole.Create(output), _time);
        await TickAsync(NextLine);
        await TickAsync(NextLine);
        _work.SetResult();
        await showing;
        Assert.Equal(
            ["[odd] name.csv 25% 1,500 rows, 300 rows/s, 3 rejected", "[odd] name.csv 25% 1,500 rows, 150 rows/s, 3 rejected"],
            output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)
        );
    }

    [Fact]
    public async Task A_terminal_gets_a_progress_bar_that_is_erased_at_the_end()
    {
        var output = new StringWriter();
        var showing = ProgressDisplay.ShowWhileAsync(() => _work.Task, _progress, VerbConsole.Create(new Terminal(output)), _time);
        // There is no current file while the first one is hashed.
        await TickAsync(Redraw);
        Assert.DoesNotContain("rows", output.ToString(), StringComparison.Ordinal);
        Begin();
        await TickAsync(Redraw);
        var drawn = output.ToString();
        Assert.Contains("[odd] name.csv", drawn, StringComparison.Ordinal);
        Assert.Contains(" 25%", drawn, StringComparison.Ordinal);
        Assert.Contains("1,500 rows", drawn, StringComparison.Ordinal);
        _work.SetResult();
        await showing;
        // The bar is erased and the cursor is shown again.
        Assert.EndsWith("\e[?25h", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failure_of_the_import_is_rethrown(bool terminal)
    {
        var console = Console(terminal, new StringWriter());
        var failure = await Assert.ThrowsAsync<InvalidDataException>(() =>
            ProgressDisplay.ShowWhileAsync(() => Task.FromException(new InvalidDataException("row 7")), _progress, console, _time)
        );
        Assert.Equal("row 7", failure.Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failing_output_does_not_end_the_import(bool terminal)
    {
        Begin();
        var output = new Full();
        var showing = ProgressDisplay.ShowWhileAsync(() => _work.Task, _progress, Console(terminal, output), _time);
        var interval = terminal ? Redraw : NextLine;
        await _time.WaitedForAsync(interval);
        output.IsFull = true;
        _time.Advance(interval);
        await output.Refused.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(showing.IsCompleted);
        output.IsFull = false;
        _work.SetResult();
        await showing;
    }

    private static IAnsiConsole Console(bool terminal, TextWriter output) =>
        terminal ? VerbConsole.Create(new Terminal(output)) : VerbConsole.Create(output);

    private void Begin()
    {
        _progress.Begin(new("/bars/[odd] name.csv", 10_000, () => 2_520));
        _progress.Add(1_500, 3);
    }

    /// <summary>Advances the clock and waits until the display waits for the next interval.</summary>
    private async Task TickAsync(TimeSpan interval)
    {
        await _time.WaitedForAsync(interval);
        _time.Advance(interval);
        await _time.WaitedForAsync(interval);
    }

    private sealed class Terminal(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => 120;

        public int Height => 40;

        public void SetEncoding(Encoding encoding) { }
    }

    private sealed class Full : StringWriter
    {
        public TaskCompletionSource Refused { get; } = new();

        public bool IsFull { get; set; }

        public override void Write(string? value)
        {
            if (IsFull)
            {
                Refused.TrySetResult();
                throw new IOException("No space left on device");
            }

            base.Write(value);
        }
    }
}
