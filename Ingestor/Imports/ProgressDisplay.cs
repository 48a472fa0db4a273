using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Wyckoff.Imports;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Ingestor.Imports;

/// <summary>Shows the progress of an import: a progress bar on a terminal, otherwise a line every few seconds.</summary>
internal static class ProgressDisplay
{
    private static readonly TimeSpan RedrawInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);

    public static Task ShowWhileAsync(Func<Task> work, ImportProgress progress, IAnsiConsole console, TimeProvider time) =>
        console.IsTerminal() ? DrawAsync(work, progress, console, time) : WriteLinesAsync(work, progress, console, time);

    private static async Task DrawAsync(Func<Task> work, ImportProgress progress, IAnsiConsole console, TimeProvider time)
    {
        var started = time.GetTimestamp();
        var rows = new TextColumn(() => Rows(progress, time.GetElapsedTime(started)));
        await console
            .Progress()
            .AutoClear(true)
            .HideCompleted(true)
            // Refreshed below. With auto-refresh, an exception on Spectre's thread would end the process during the import.
            .AutoRefresh(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), rows, new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                // One bar per file, since the remaining time is estimated from the progress of the bar.
                ProgressTask? bar = null;
                string? shownPath = null;
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

                        if (bar is null || shownPath != file.Path)
                        {
                            bar?.StopTask();
                            shownPath = file.Path;
                            bar = context.AddTask(Markup.Escape(Path.GetFileName(file.Path)));
                        }

                        bar.IsIndeterminate = file.Size is not > 0;
                        // A full bar is hidden, so the maximum is never reached: the last rows are written after the file has been read.
                        bar.MaxValue = (file.Size ?? 0) + 1;
                        bar.Value = Math.Min(file.BytesRead, file.Size ?? 0);
                        context.Refresh();
                    }
                );
            });
    }

    private static Task WriteLinesAsync(Func<Task> work, ImportProgress progress, IAnsiConsole console, TimeProvider time)
    {
        var started = time.GetTimestamp();
        return WhileAsync(
            work,
            LineInterval,
            time,
            () =>
            {
                if (progress.Current is { } file)
                {
                    console.WriteLine(Line(file, progress, time.GetElapsedTime(started)));
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
            // The terminal is closed or the disk is full. The import continues without a display.
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
