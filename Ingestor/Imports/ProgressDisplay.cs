using System.Globalization;
using Wyckoff.Imports;

namespace Wyckoff.Ingestor.Imports;

/// <summary>Shows how far an import is: a bar that is drawn over itself on a terminal, a line now and then anywhere else.</summary>
internal sealed class ProgressDisplay : IAsyncDisposable
{
    private const int Width = 30;

    private readonly ImportProgress _progress;
    private readonly TextWriter _output;
    private readonly bool _terminal;
    private readonly TimeProvider _time;
    private readonly long _begun;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _showing;
    private int _drawn;

    public ProgressDisplay(ImportProgress progress, TextWriter output, bool terminal, TimeProvider time)
    {
        (_progress, _output, _terminal, _time, _begun) = (progress, output, terminal, time, time.GetTimestamp());
        _showing = ShowAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _showing;
        if (_drawn > 0)
        {
            await _output.WriteAsync("\r" + new string(' ', _drawn) + "\r");
        }

        _stop.Dispose();
    }

    /// <summary>The line as it is now.</summary>
    internal static string Line(ImportProgress progress, TimeSpan elapsed, bool bar)
    {
        var seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        var done = progress.Size is > 0 and { } size ? Math.Min(1, (double)progress.BytesRead / size) : (double?)null;
        var text = string.Create(CultureInfo.InvariantCulture, $"{progress.Rows:N0} rows, {progress.Rows / seconds:N0} rows/s, {progress.Rejected:N0} rejected");
        if (done is not { } part)
        {
            return $"{Path.GetFileName(progress.File)} {text}";
        }

        var left = part > 0.01 ? TimeSpan.FromSeconds(seconds / part * (1 - part)).ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture) : "–";
        var full = (int)(part * Width);
        var drawn = bar ? $"[{new string('#', full)}{new string('.', Width - full)}] " : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(progress.File)} {drawn}{part:0%} {text}, {left} left");
    }

    private async Task ShowAsync()
    {
        using var timer = new PeriodicTimer(_terminal ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(5), _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                var line = Line(_progress, _time.GetElapsedTime(_begun), _terminal);
                if (_terminal)
                {
                    await _output.WriteAsync("\r" + line.PadRight(_drawn));
                    _drawn = line.Length;
                }
                else
                {
                    await _output.WriteLineAsync(line);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The import has ended.
        }
    }
}
