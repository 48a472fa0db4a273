using System.Text;
using Spectre.Console;
using Wyckoff.Imports;
using Wyckoff.Ingestor.Imports;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Tests.Imports;

/// <summary>What an import shows while it works.</summary>
public sealed class ProgressDisplayTests
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan NextLine = TimeSpan.FromSeconds(5);

    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch);
    private readonly ImportProgress _progress = new();
    private readonly TaskCompletionSource _work = new();

    [Fact]
    public async Task To_a_file_it_writes_a_line_every_five_seconds_without_escapes()
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
    public async Task On_a_terminal_it_draws_a_bar_and_leaves_nothing_behind()
    {
        var output = new StringWriter();
        var showing = ProgressDisplay.ShowWhileAsync(() => _work.Task, _progress, VerbConsole.Create(new Terminal(output)), _time);
        // A file is read for its hash before anything is known of it.
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
        // Its lines are erased, and the cursor is shown again.
        Assert.EndsWith("\e[?25h", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failure_of_the_work_is_the_failure_of_the_display(bool terminal)
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
    public async Task What_cannot_be_shown_does_not_end_the_work(bool terminal)
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

    /// <summary>Returns when all that the clock has set off is done.</summary>
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
