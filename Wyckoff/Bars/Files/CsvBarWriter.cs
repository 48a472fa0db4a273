using System.Globalization;
using System.Text;
using Wyckoff.Primitives;

namespace Wyckoff.Bars.Files;

/// <summary>A line of names, then a line per bar; numbers exactly as stored, without the zeros at their end; times in UTC.</summary>
public sealed class CsvBarWriter(Stream output) : BarFileWriter
{
    private const int BufferSize = 1 << 16;
    private readonly StringBuilder _lines = new(
        "symbol,timeframe,timestamp,open,high,low,close,volume,trade_count,vwap,spread,spread_ratio,volume_ratio,source,quality_score\n"
    );

    public override async ValueTask WriteAsync(Symbol symbol, Timeframe timeframe, OhlcvBar bar, CancellationToken cancellationToken)
    {
        _lines
            .Append(
                CultureInfo.InvariantCulture,
                $"{symbol},{timeframe},{bar.Timestamp.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.FFFFFF}Z,{bar.Open:0.########},{bar.High:0.########},{bar.Low:0.########},{bar.Close:0.########},"
            )
            .Append(
                CultureInfo.InvariantCulture,
                $"{bar.Volume:0.########},{bar.TradeCount},{bar.Vwap:0.########},{bar.Spread:0.########},{bar.SpreadRatio:0.####},{bar.VolumeRatio:0.####},"
            )
            .Append(CultureInfo.InvariantCulture, $"{Quoted(bar.Source)},{bar.QualityScore:0.##}\n");
        if (_lines.Length >= BufferSize)
        {
            await FlushAsync(cancellationToken);
        }
    }

    public override async Task FinishAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await output.WriteAsync(Encoding.UTF8.GetBytes(_lines.ToString()), cancellationToken);
        _lines.Clear();
    }

    private static string Quoted(string text) =>
        text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
