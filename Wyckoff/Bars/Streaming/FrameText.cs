using System.Buffers;
using System.Globalization;
using System.Text;
using Wyckoff.Bars.Reading;

namespace Wyckoff.Bars.Streaming;

/// <summary>Renders events as text. Bars have the same JSON format as in the other API responses.</summary>
internal static class FrameText
{
    private const int TypicalRowBytes = 180;

    public static ReadOnlyMemory<byte> Snapshot(WindowRef window, long version, BarRows bars)
    {
        var (text, format) = (new ArrayBufferWriter<byte>(256 + bars.Count * TypicalRowBytes), Format(window));
        Head(text, "snapshot", window);
        Write(text, string.Create(CultureInfo.InvariantCulture, $",\"version\":{version}"));
        Rows(text, format, bars);
        return text.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Bars(WindowRef window, long version, List<StreamRange> ranges, BarRows bars)
    {
        var (text, format) = (new ArrayBufferWriter<byte>(256 + bars.Count * TypicalRowBytes), Format(window));
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

    public static ReadOnlyMemory<byte> Reset(WindowRef window, long position, long version)
    {
        var text = new ArrayBufferWriter<byte>(256);
        Head(text, "reset", window);
        var reason =
            position < 0 || position > version
                ? "The position is unknown."
                : "There are too many changes since the position, or it is too old.";
        Write(text, $",\"reason\":\"{reason}\"}}\n\n");
        return text.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> Gone(WindowRef window)
    {
        var text = new ArrayBufferWriter<byte>(256);
        Head(text, "gone", window);
        Write(text, "}\n\n");
        return text.WrittenMemory;
    }

    private static BarText Format(WindowRef window) => BarText.Json(BarFields.Usual, flagged: false, dates: window.Timeframe.IsDaily);

    // A symbol has no characters that JSON has to escape.
    private static void Head(ArrayBufferWriter<byte> text, string name, WindowRef window) =>
        Write(text, $"event: {name}\ndata: {{\"symbol\":\"{window.Symbol}\",\"timeframe\":\"{window.Timeframe}\"");

    private static void Rows(ArrayBufferWriter<byte> text, BarText format, BarRows bars)
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
