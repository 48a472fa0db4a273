using System.Buffers;
using System.Globalization;
using System.Text;
using Wyckoff.Bars.Reading;

namespace Wyckoff.Bars.Streaming;

/// <summary>Events as text: bars as every other answer writes them.</summary>
internal static class FrameText
{
    private const int UsualRow = 180;

    public static ReadOnlyMemory<byte> Snapshot(StreamedWindow window, long version, List<BarRow> bars)
    {
        var (text, format) = (new ArrayBufferWriter<byte>(256 + bars.Count * UsualRow), Format(window));
        Head(text, "snapshot", window);
        Write(text, string.Create(CultureInfo.InvariantCulture, $",\"version\":{version}"));
        Rows(text, format, bars);
        return text.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Bars(StreamedWindow window, long version, List<StreamRange> ranges, List<BarRow> bars)
    {
        var (text, format) = (new ArrayBufferWriter<byte>(256 + bars.Count * UsualRow), Format(window));
        Head(text, "bars", window);
        Write(text, string.Create(CultureInfo.InvariantCulture, $",\"version\":{version},\"ranges\":["));
        for (var i = 0; i < ranges.Count; i++)
        {
            Write(text, i == 0 ? "{\"from\":\"" : ",{\"from\":\"");
            text.Advance(format.Timestamp(text.GetSpan(BarText.Longest), ranges[i].From));
            Write(text, "\",\"to\":\"");
            text.Advance(format.Timestamp(text.GetSpan(BarText.Longest), ranges[i].To));
            Write(text, "\"}");
        }

        Write(text, "]");
        Rows(text, format, bars);
        return text.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Reset(StreamedWindow window, long position, long version)
    {
        var text = new ArrayBufferWriter<byte>(256);
        Head(text, "reset", window);
        var reason =
            position < 0 || position > version ? "The position is not known here." : "Too much has changed since, or too long ago.";
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

    private static BarText Format(StreamedWindow window) => BarText.Json(BarFields.Usual, flagged: false, dates: window.Timeframe.IsDaily);

    // A symbol has nothing in it that JSON would have escaped.
    private static void Head(ArrayBufferWriter<byte> text, string name, StreamedWindow window) =>
        Write(text, $"event: {name}\ndata: {{\"symbol\":\"{window.Symbol}\",\"timeframe\":\"{window.Timeframe}\"");

    private static void Rows(ArrayBufferWriter<byte> text, BarText format, List<BarRow> bars)
    {
        Write(text, ",\"bars\":[");
        for (var i = 0; i < bars.Count; i++)
        {
            if (i > 0)
            {
                Write(text, ",");
            }

            text.Advance(format.Write(text.GetSpan(BarText.Longest), bars[i]));
        }

        Write(text, "]}\nid: ");
    }

    private static void Write(ArrayBufferWriter<byte> text, string part) => Encoding.UTF8.GetBytes(part, text);
}
