using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Wyckoff.Imports;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Ingestor.Imports;

/// <summary>Shows how far an import is while it works: a bar on a terminal, a line now and then anywhere else.</summary>
internal static class ProgressDisplay
{
    private const double MostFull = 0.99;

    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan NextLine = TimeSpan.FromSeconds(5);

    public static Task ShowWhileAsync(Func<Task> work, ImportProgress progress, IAnsiConsole console, TimeProvider time) =>
        console.IsTerminal() ? DrawAsync(work, progress, console, time) : SayAsync(work, progress, console, time);

    private static async Task DrawAsync(Func<Task> work, ImportProgress progress, IAnsiConsole console, TimeProvider time)
    {
        var begun = time.GetTimestamp();
        var rows = new TextColumn(() => Rows(progress, time.GetElapsedTime(begun)));
        await console.Progress()
            .AutoClear(true)
            .HideCompleted(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), rows, new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                // One bar for each file, since what is left is reckoned from how far the bar has come.
                ProgressTask? bar = null;
                var file = "";
                await WhileAsync(work, Redraw, time, () =>
                {
                    if (bar is null || file != progress.File)
                    {
                        bar?.StopTask();
                        file = progress.File;
                        bar = context.AddTask(Markup.Escape(Path.GetFileName(file)));
                    }

                    bar.IsIndeterminate = progress.Size is not > 0;
                    bar.MaxValue = progress.Size is > 0 and { } size ? size : 1;
                    // A bar that is full is hidden, and there are rows to write yet.
                    bar.Value = Math.Min(progress.BytesRead, bar.MaxValue * MostFull);
                });
            });
    }

    private static Task SayAsync(Func<Task> work, ImportProgress progress, IAnsiConsole console, TimeProvider time)
    {
        var begun = time.GetTimestamp();
        return WhileAsync(work, NextLine, time, () => console.WriteLine(Line(progress, time.GetElapsedTime(begun))));
    }

    private static async Task WhileAsync(Func<Task> work, TimeSpan every, TimeProvider time, Action show)
    {
        var working = work();
        while (await Task.WhenAny(working, Task.Delay(every, time)) != working)
        {
            show();
        }

        await working;
    }

    private static string Line(ImportProgress progress, TimeSpan elapsed)
    {
        var done = progress.Size is > 0 and { } size
            ? string.Create(CultureInfo.InvariantCulture, $" {Math.Min(1, (double)progress.BytesRead / size):0%}")
            : "";
        return $"{Path.GetFileName(progress.File)}{done} {Rows(progress, elapsed)}";
    }

    private static string Rows(ImportProgress progress, TimeSpan elapsed) => string.Create(
        CultureInfo.InvariantCulture,
        $"{progress.Rows:N0} rows, {progress.Rows / Math.Max(elapsed.TotalSeconds, 0.001):N0} rows/s, {progress.Rejected:N0} rejected");

    private sealed class TextColumn(Func<string> text) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(text());
    }
}
