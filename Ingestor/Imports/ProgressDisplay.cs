using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Wyckoff.Imports;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Ingestor.Imports;

/// <summary>Shows how far an import is while it works: a bar on a terminal, a line now and then anywhere else.</summary>
internal static class ProgressDisplay
{
    private static readonly TimeSpan RedrawInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);

    public static Task ShowWhileAsync(Func<Task> work, ImportProgress progress, IAnsiConsole console, TimeProvider time) =>
        console.IsTerminal() ? DrawAsync(work, progress, console, time) : WriteLinesAsync(work, progress, console, time);

    private static async Task DrawAsync(Func<Task> work, ImportProgress progress, IAnsiConsole console, TimeProvider time)
    {
        var begun = time.GetTimestamp();
        var rows = new TextColumn(() => Rows(progress, time.GetElapsedTime(begun)));
        await console
            .Progress()
            .AutoClear(true)
            .HideCompleted(true)
            // Refreshed below instead of on a thread of Spectre's, where an exception would end the process in the middle of the import.
            .AutoRefresh(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), rows, new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                // One bar for each file, since what is left is reckoned from how far the bar has come.
                ProgressTask? bar = null;
                string? drawn = null;
                await WhileAsync(
                    work,
                    RedrawInterval,
                    time,
                    () =>
                    {
                        if (progress.Current is not { } file)
                        {
                            return;
                        }

                        if (bar is null || drawn != file.Path)
                        {
                            bar?.StopTask();
                            drawn = file.Path;
                            bar = context.AddTask(Markup.Escape(Path.GetFileName(file.Path)));
                        }

                        bar.IsIndeterminate = file.Size is not > 0;
                        // A bar that is full is hidden, and its last rows may not be written yet.
                        bar.MaxValue = (file.Size ?? 0) + 1;
                        bar.Value = Math.Min(file.BytesRead, file.Size ?? 0);
                        context.Refresh();
                    }
                );
            });
    }

    private static Task WriteLinesAsync(Func<Task> work, ImportProgress progress, IAnsiConsole console, TimeProvider time)
    {
        var begun = time.GetTimestamp();
        return WhileAsync(
            work,
            LineInterval,
            time,
            () =>
            {
                if (progress.Current is { } file)
                {
                    console.WriteLine(Line(file, progress, time.GetElapsedTime(begun)));
                }
            }
        );
    }

    private static async Task WhileAsync(Func<Task> work, TimeSpan interval, TimeProvider time, Action show)
    {
        var working = work();
        try
        {
            while (await Task.WhenAny(working, Task.Delay(interval, time)) != working)
            {
                show();
            }
        }
        catch (IOException)
        {
            // Nobody sees it any more: the terminal is closed, or the disk is full. The import goes on.
        }

        await working;
    }

    private static string Line(ImportedFile file, ImportProgress progress, TimeSpan elapsed)
    {
        var part = file.Size is > 0 and { } size
            ? string.Create(CultureInfo.InvariantCulture, $" {Math.Min(1, (double)file.BytesRead / size):0%}")
            : "";
        return $"{Path.GetFileName(file.Path)}{part} {Rows(progress, elapsed)}";
    }

    private static string Rows(ImportProgress progress, TimeSpan elapsed) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{progress.Rows:N0} rows, {progress.Rows / Math.Max(elapsed.TotalSeconds, 0.001):N0} rows/s, {progress.Rejected:N0} rejected"
        );

    private sealed class TextColumn(Func<string> text) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(text());
    }
}
