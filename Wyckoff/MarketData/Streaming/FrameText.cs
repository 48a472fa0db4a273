using System.Buffers;
using System.Globalization;
using System.Text;

namespace Wyckoff.MarketData.Streaming;

/// <summary>Events as text.</summary>
internal static class FrameText
{
    public static ReadOnlyMemory<byte> Snapshot(StreamedWindow window, long version, List<IncomingBar> bars)
    {
        var text = new ArrayBufferWriter<byte>(256 + bars.Count * 160);
        Head(text, "snapshot", window);
        Write(text, string.Create(CultureInfo.InvariantCulture, $",\"version\":{version},\"bars\":["));
        Rows(text, bars);
        Write(text, "]}\nid: ");
        return text.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Bars(StreamedWindow window, long version, List<StreamRange> ranges, List<IncomingBar> bars)
    {
        var text = new ArrayBufferWriter<byte>(256 + bars.Count * 160);
        Head(text, "bars", window);
        Write(text, string.Create(CultureInfo.InvariantCulture, $",\"version\":{version},\"ranges\":["));
        Write(text, string.Join(',', ranges.Select(range => $"{{\"from\":\"{Instant(range.From)}\",\"to\":\"{Instant(range.To)}\"}}")));
        Write(text, "],\"bars\":[");
        Rows(text, bars);
        Write(text, "]}\nid: ");
        return text.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Reset(StreamedWindow window, long position, long version)
    {
        var text = new ArrayBufferWriter<byte>(256);
        Head(text, "reset", window);
        var reason = position < 0 || position > version ? "The position is not known here." : "Too much has changed since, or too long ago.";
        Write(text, $",\"reason\":\"{reason}\"}}\n\n");
        return text.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Gone(StreamedWindow window)
    {
        var text = new ArrayBufferWriter<byte>(256);
        Head(text, "gone", window);
        Write(text, "}\n\n");
        return text.WrittenMemory;
    }

    private static void Head(ArrayBufferWriter<byte> text, string name, StreamedWindow window) =>
        Write(text, $"event: {name}\ndata: {{\"symbol\":\"{window.Symbol}\",\"timeframe\":\"{window.Timeframe}\"");

    private static void Rows(ArrayBufferWriter<byte> text, List<IncomingBar> bars)
    {
        for (var i = 0; i < bars.Count; i++)
        {
            var bar = bars[i];
            Write(text, string.Create(
                CultureInfo.InvariantCulture,
                $"{(i == 0 ? "" : ",")}{{\"timestamp\":\"{Instant(bar.Timestamp.UtcDateTime)}\",\"open\":{IncomingBar.Text(bar.Open)},\"high\":{IncomingBar.Text(bar.High)},\"low\":{IncomingBar.Text(bar.Low)},\"close\":{IncomingBar.Text(bar.Close)},\"volume\":{IncomingBar.Text(bar.Volume)},\"tradeCount\":{(bar.TradeCount == IncomingBar.Unknown ? "null" : bar.TradeCount)},\"vwap\":{(bar.Vwap == 0 ? "null" : IncomingBar.Text(bar.Vwap))}}}"));
        }
    }

    private static string Instant(DateTime instant) => instant.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private static void Write(ArrayBufferWriter<byte> text, string part) => Encoding.UTF8.GetBytes(part, text);
}
