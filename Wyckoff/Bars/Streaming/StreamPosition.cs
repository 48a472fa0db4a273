using System.Globalization;

namespace Wyckoff.Bars.Streaming;

/// <summary>
/// Reads the position of a client from an event id. The id <c>12.45.-</c> means: version 12 of the first window, version 45 of the second,
/// nothing yet of the third.
/// </summary>
public static class StreamPosition
{
    /// <summary>The client has nothing yet: its first event is a snapshot.</summary>
    public const long None = -1;

    /// <summary>The client sent an id that cannot be read: its first events are a reset and a snapshot.</summary>
    public const long Unknown = -2;

    /// <summary>Returns one position per window. An invalid id makes all of them <see cref="Unknown"/>.</summary>
    public static long[] Parse(string? id, int windows)
    {
        var positions = new long[windows];
        if (string.IsNullOrEmpty(id))
        {
            Array.Fill(positions, None);
            return positions;
        }

        var index = 0;
        foreach (var part in id.AsSpan().Split('.'))
        {
            var text = id.AsSpan(part);
            if (
                index == windows
                || !(
                    text is "-"
                        ? (positions[index] = None) == None
                        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out positions[index])
                )
            )
            {
                index = -1;
                break;
            }

            index++;
        }

        if (index != windows)
        {
            Array.Fill(positions, Unknown);
        }

        return positions;
    }
}
