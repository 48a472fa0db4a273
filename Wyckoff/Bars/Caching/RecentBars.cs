using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using Wyckoff.Bars.Reading;

namespace Wyckoff.Bars.Caching;

/// <summary>
/// The recent bars of a window, formatted, from which any part can be cut. The same bytes are cached in the process and in Redis: the
/// version as 16 digits, whether these are all bars of the window, their number, when the window got this version, their times, the
/// end of each bar in the text, and the text.
/// </summary>
public sealed class RecentBars
{
    private const int VersionDigits = 16;
    private const int HeadSize = VersionDigits + 16;
    private readonly byte[] _bytes;
    private readonly int _count;

    private RecentBars(byte[] bytes, long version)
    {
        (_bytes, Version) = (bytes, version);
        _count = MemoryMarshal.Read<int>(bytes.AsSpan(VersionDigits + 4));
    }

    public long Version { get; }

    public WindowVersion Window => new(Version, MemoryMarshal.Read<long>(_bytes.AsSpan(VersionDigits + 8)));

    public int Count => _count;

    /// <summary>The window has no bar before these.</summary>
    public bool IsAll => _bytes[VersionDigits] != 0;

    public ReadOnlySpan<long> Times => MemoryMarshal.Cast<byte, long>(_bytes.AsSpan(HeadSize, 8 * _count));

    /// <summary>The bytes as they are cached in Redis.</summary>
    public byte[] Bytes => _bytes;

    private ReadOnlySpan<int> Ends => MemoryMarshal.Cast<byte, int>(_bytes.AsSpan(HeadSize + 8 * _count, 4 * _count));

    private int RowsAt => HeadSize + 12 * _count;

    /// <summary>Formats bars, each followed by <paramref name="separator"/> if it is not NUL.</summary>
    public static RecentBars Of(WindowVersion version, BarRows rows, bool isAll, BarText text, byte separator)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(rows.Count * 192 + BarText.Longest + 1);
        try
        {
            Span<int> ends = rows.Count <= 1024 ? stackalloc int[rows.Count] : new int[rows.Count];
            var at = 0;
            for (var i = 0; i < rows.Count; i++)
            {
                if (scratch.Length - at <= BarText.Longest)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(scratch.Length * 2);
                    scratch.AsSpan(0, at).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(scratch);
                    scratch = larger;
                }

                at += text.Write(scratch.AsSpan(at), in rows[i]);
                if (separator != 0)
                {
                    scratch[at++] = separator;
                }

                ends[i] = at;
            }

            var bytes = new byte[HeadSize + 12 * rows.Count + at];
            Utf8Formatter.TryFormat(version.Version, bytes, out _, new('X', VersionDigits));
            bytes[VersionDigits] = isAll ? (byte)1 : (byte)0;
            MemoryMarshal.Write(bytes.AsSpan(VersionDigits + 4), rows.Count);
            MemoryMarshal.Write(bytes.AsSpan(VersionDigits + 8), version.ChangedAt);
            for (var i = 0; i < rows.Count; i++)
            {
                MemoryMarshal.Write(bytes.AsSpan(HeadSize + 8 * i), rows[i].Time);
            }

            MemoryMarshal.AsBytes(ends).CopyTo(bytes.AsSpan(HeadSize + 8 * rows.Count));
            scratch.AsSpan(0, at).CopyTo(bytes.AsSpan(HeadSize + 12 * rows.Count));
            return new(bytes, version.Version);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>Parses bytes from Redis; null if they are damaged.</summary>
    public static RecentBars? Parse(byte[] bytes)
    {
        if (
            bytes.Length < HeadSize
            || !Utf8Parser.TryParse(bytes.AsSpan(0, VersionDigits), out long version, out var digits, 'X')
            || digits != VersionDigits
        )
        {
            return null;
        }

        var count = MemoryMarshal.Read<int>(bytes.AsSpan(VersionDigits + 4));
        if (count < 0 || bytes.Length < HeadSize + 12L * count)
        {
            return null;
        }

        var window = new RecentBars(bytes, version);
        var ends = window.Ends;
        var times = window.Times;
        for (var i = 0; i < count; i++)
        {
            if (ends[i] < (i == 0 ? 0 : ends[i - 1]) || (i > 0 && times[i] <= times[i - 1]))
            {
                return null;
            }
        }

        return window.RowsAt + (count == 0 ? 0 : ends[^1]) == bytes.Length ? window : null;
    }

    /// <summary>
    /// Finds the newest <paramref name="last"/> bars with from ≤ time &lt; until: their indexes [first, end). Null if the window may
    /// have more such bars than are cached.
    /// </summary>
    public (int First, int End)? Cut(long from, long until, long last)
    {
        var times = Times;
        var end = Place(times, until);
        var first = Math.Max(Place(times, from), (int)Math.Max(0, end - last));
        return first > 0 || IsAll || (_count > 0 && from >= times[0]) || end - first >= last ? (first, Math.Max(first, end)) : null;
    }

    /// <summary>The text of the bars at the indexes [first, end), including the separator after the last.</summary>
    public ReadOnlySpan<byte> Rows(int first, int end)
    {
        if (first >= end)
        {
            return default;
        }

        var ends = Ends;
        var start = first == 0 ? 0 : ends[first - 1];
        return _bytes.AsSpan(RowsAt + start, ends[end - 1] - start);
    }

    private static int Place(ReadOnlySpan<long> times, long time)
    {
        var place = times.BinarySearch(time);
        return place < 0 ? ~place : place;
    }
}
