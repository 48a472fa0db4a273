namespace Wyckoff.Parquet;

/// <summary>Runs of one number, and numbers packed into bits, in turn: levels, places in a dictionary, booleans.</summary>
internal sealed class HybridDecoder(ReadOnlyMemory<byte> data, int width)
{
    private int _at;
    private int _repeats;
    private int _repeated;
    private long _packed;
    private long _bit;

    public void Read(Span<int> values)
    {
        var bytes = data.Span;
        while (values.Length > 0)
        {
            if (_repeats > 0)
            {
                var count = Math.Min(_repeats, values.Length);
                values[..count].Fill(_repeated);
                _repeats -= count;
                values = values[count..];
            }
            else if (_packed > 0)
            {
                var count = (int)Math.Min(_packed, values.Length);
                for (var i = 0; i < count; i++, _bit += width)
                {
                    values[i] = (int)BitPacked.Read(bytes, _bit, width);
                }

                _packed -= count;
                values = values[count..];
            }
            else
            {
                NextRun(bytes);
            }
        }
    }

    private void NextRun(ReadOnlySpan<byte> bytes)
    {
        var head = Varint.Read(bytes, ref _at);
        if ((head & 1) == 0)
        {
            var size = (width + 7) / 8;
            if (size > bytes.Length - _at || head >> 1 > int.MaxValue)
            {
                throw new ParquetException("a run of equal values is cut off.");
            }

            _repeats = (int)(head >> 1);
            _repeated = (int)BitPacked.Read(bytes.Slice(_at, size), 0, 8 * size);
            _at += size;
            return;
        }

        var groups = head >> 1;
        if (groups > int.MaxValue / 8)
        {
            throw new ParquetException("a run of packed values is longer than any page.");
        }

        // The last run of some writers has fewer bytes than its groups of eight would take.
        var there = Math.Min((long)groups * width, bytes.Length - _at);
        _packed = width == 0 ? (long)groups * 8 : there * 8 / width;
        _bit = _at * 8L;
        _at += (int)there;
    }
}
