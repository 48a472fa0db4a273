using System.Text;
using Spectre.Console;
using Wyckoff.Imports;
using Wyckoff.Ingestor.Imports;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Tests.MarketData.Imports;

/// <summary>What an import shows while it works.</summary>
public sealed class ProgressDisplayTests
{
    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch);
    private readonly ImportProgress _progress = new();
    private readonly StringWriter _output = new();
    private readonly TextWriter _terminal;

    public ProgressDisplayTests()
    {
        _terminal = TextWriter.Synchronized(_output);
        _progress.Begin("/bars/[odd] name.csv", 200, () => 50);
        _progress.Add(1_500, 3);
    }

    [Fact]
    public async Task To_a_file_it_writes_a_line_every_five_seconds_without_escapes()
    {
        var work = new TaskCompletionSource();
        var showing = ProgressDisplay.ShowWhileAsync(() => work.Task, _progress, VerbConsole.Of(_output), _time);
        for (var line = 0; line < 2; line++)
        {
            await _time.WaitedForAsync(TimeSpan.FromSeconds(5));
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        await _time.WaitedForAsync(TimeSpan.FromSeconds(5));
        work.SetResult();
        await showing;
        Assert.Equal(
            [
                "[odd] name.csv 25% 1,500 rows, 300 rows/s, 3 rejected",
                "[odd] name.csv 25% 1,500 rows, 150 rows/s, 3 rejected",
            ],
            _output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task On_a_terminal_it_draws_a_bar_and_leaves_nothing_behind()
    {
        var console = AnsiConsole.Create(new() { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new Terminal(_terminal) });
        var work = new TaskCompletionSource();
        var showing = ProgressDisplay.ShowWhileAsync(() => work.Task, _progress, console, _time);
        await _time.WaitedForAsync(TimeSpan.FromMilliseconds(200));
        _time.Advance(TimeSpan.FromMilliseconds(200));
        await Eventually.HoldsAsync(() => Drawn().Contains("[odd] name.csv", StringComparison.Ordinal) && Drawn().Contains("1,500 rows", StringComparison.Ordinal));
        Assert.Contains(" 25%", Drawn(), StringComparison.Ordinal);
        work.SetResult();
        await showing;
        // Its lines are erased, and the cursor is shown again.
        Assert.EndsWith("\e[?25h", Drawn(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failure_of_the_work_is_the_failure_of_the_display(bool terminal)
    {
        var console = terminal
            ? AnsiConsole.Create(new() { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new Terminal(_terminal) })
            : VerbConsole.Of(_output);
        var failure = await Assert.ThrowsAsync<InvalidDataException>(
            () => ProgressDisplay.ShowWhileAsync(() => Task.FromException(new InvalidDataException("row 7")), _progress, console, _time));
        Assert.Equal("row 7", failure.Message);
    }

    private string Drawn()
    {
        lock (_terminal) // as each of its writes does
        {
            return _output.ToString();
        }
    }

    private sealed class Terminal(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => 120;

        public int Height => 40;

        public void SetEncoding(Encoding encoding)
        {
        }
    }
}
