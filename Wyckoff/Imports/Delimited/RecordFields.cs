using System.Runtime.CompilerServices;

namespace Wyckoff.Imports.Delimited;

/// <summary>Splits records into fields. Holds the field positions of one record at a time.</summary>
/// <param name="expected">The expected number of fields. One more is looked for, to detect rows with too many.</param>
/// <param name="delimiter">The character between fields.</param>
internal sealed class RecordFields(int expected, byte delimiter)
{
    private readonly int[] _starts = new int[expected + 1];
    private readonly int[] _ends = new int[expected + 1];
    private byte[] _unquoted = [];

    /// <summary>A field without surrounding spaces.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> row, int column)
    {
        var field = row[_starts[column].._ends[column]];
        return !field.IsEmpty && (field[0] == ' ' || field[^1] == ' ') ? field.Trim((byte)' ') : field;
    }

    /// <summary>The rest of the row from the first field that is too many.</summary>
    public ReadOnlySpan<byte> Extra(ReadOnlySpan<byte> row) => row[_starts[expected]..];

    /// <summary>Makes the fields empty that a row lacks at its end.</summary>
    public void Pad(ReadOnlySpan<byte> row, int count)
    {
        _starts.AsSpan(count, expected - count).Fill(row.Length);
        _ends.AsSpan(count, expected - count).Fill(row.Length);
    }

    /// <summary>Finds the fields of a row without quotes. Returns their number, at most one more than expected.</summary>
    public int Split(ReadOnlySpan<byte> row)
    {
        var (starts, ends) = (_starts, _ends);
        var (count, at) = (0, 0);
        while (count < starts.Length)
        {
            starts[count] = at;
            var length = row[at..].IndexOf(delimiter);
            if (length < 0)
            {
                ends[count++] = row.Length;
                break;
            }

            ends[count++] = at + length;
            at += length + 1;
        }

        return count;
    }

    /// <summary>
    /// Finds the fields of a row with quotes, and returns the row without them. A doubled quote inside quotes becomes one.
    /// </summary>
    public ReadOnlySpan<byte> Unquote(ReadOnlySpan<byte> row, out int count)
    {
        if (_unquoted.Length < row.Length)
        {
            _unquoted = new byte[Math.Max(row.Length, 4096)];
        }

        var length = 0;
        var quoted = false;
        count = 0;
        _starts[0] = 0;
        for (var i = 0; i < row.Length; i++)
        {
            var c = row[i];
            if (c == '"')
            {
                if (quoted && i + 1 < row.Length && row[i + 1] == '"')
                {
                    _unquoted[length++] = c;
                    i++;
                }
                else
                {
                    quoted = !quoted;
                }
            }
            else if (c == delimiter && !quoted)
            {
                _ends[count++] = length;
                if (count == _starts.Length)
                {
                    return _unquoted.AsSpan(0, length);
                }

                _unquoted[length++] = c;
                _starts[count] = length;
            }
            else
            {
                _unquoted[length++] = c;
            }
        }

        _ends[count++] = length;
        return _unquoted.AsSpan(0, length);
    }
}
