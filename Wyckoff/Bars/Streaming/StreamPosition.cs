using System.Globalization;

namespace Wyckoff.Bars.Streaming;

/// <summary>How far a reader is in each of its windows, as the id of an event says it: <c>12.45.-</c> is version 12 of the first, 45 of the second, and nothing yet of the third.</summary>
public static class StreamPosition
{
    /// <summary>Nothing yet: begins with a snapshot.</summary>
    public const long None = -1;

    /// <summary>Not a version at all: begins with a reset.</summary>
    public const long Unknown = -2;

    /// <summary>What a client that comes back says; whatever cannot be understood is unknown.</summary>
    public static long[] Parse(string? id, int windows)
    {
        var positions = new long[windows];
        if (string.IsNullOrEmpty(id))
        {
            Array.Fill(positions, None);
            return positions;
        }

        var at = 0;
        foreach (var part in id.AsSpan().Split('.'))
        {
            var text = id.AsSpan(part);
            if (
                at == windows
                || !(
                    text is "-"
                        ? (positions[at] = None) == None
                        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out positions[at])
                )
            )
            {
                at = -1;
                break;
            }

            at++;
        }

        if (at != windows)
        {
            Array.Fill(positions, Unknown);
        }

        return positions;
    }
}
