using System.Buffers.Binary;

namespace Wyckoff.Parquet;

/// <summary>Reads the values of one column, page by page. It holds one page, and the dictionary.</summary>
internal sealed class ChunkReader(Stream stream, ParquetColumn column, Footer footer)
{
    private const int WindowSize = 1 << 16;
    private const int FirstHeader = 1 << 12;
    private const int LargestHeader = 1 << 22;
    private readonly int[] _levelBuffer = new int[ParquetBatch.MostRows];
    private byte[] _window = [];
    private long _windowStart;
    private int _windowLength;
    private byte[] _page = [];
    private int _group;
    private Codec _codec;
    private long _position;
    private long _left;
    private PageDictionary? _dictionary;
    private HybridDecoder? _levels;
    private ValueDecoder? _values;
    private int _leftInPage;

    /// <summary>Goes to the start of a row group.</summary>
    public void Start(int group)
    {
        var chunk = footer.Groups[group].Chunks[column.Index];
        _group = group;
        if (chunk.Physical != column.Physical || chunk.Values != footer.Groups[group].Rows)
        {
            throw Fault($"it has {chunk.Values} values of type {chunk.Physical}; {footer.Groups[group].Rows} of type {column.Physical} were expected.");
        }

        if (chunk.Elsewhere)
        {
            throw Fault("its values are in another file, which is not supported.");
        }

        if (!Codecs.CanRead(chunk.Codec))
        {
            throw Fault($"its codec {Codecs.Name(chunk.Codec)} is not supported; UNCOMPRESSED, SNAPPY, GZIP and BROTLI are.");
        }

        (_codec, _position, _left, _leftInPage) = (chunk.Codec, chunk.Start, chunk.Values, 0);
        _dictionary = null;
    }

    /// <summary>The next values, as many as the vector is to have.</summary>
    public async ValueTask ReadAsync(ParquetVector vector, int count, CancellationToken cancellationToken)
    {
        vector.Clear(count);
        for (var at = 0; at < count;)
        {
            while (_leftInPage == 0)
            {
                await NextPageAsync(cancellationToken);
            }

            var part = Math.Min(_leftInPage, count - at);
            try
            {
                Decode(vector, at, part);
            }
            catch (ParquetException e)
            {
                throw Fault(e.Message);
            }

            at += part;
            _leftInPage -= part;
        }
    }

    private void Decode(ParquetVector vector, int at, int count)
    {
        var there = count;
        var present = vector.Present.AsSpan(at, count);
        if (_levels is null)
        {
            present.Fill(true);
        }
        else
        {
            var levels = _levelBuffer.AsSpan(0, count);
            _levels.Read(levels);
            there = 0;
            for (var i = 0; i < count; i++)
            {
                present[i] = levels[i] != 0;
                there += levels[i] != 0 ? 1 : 0;
            }
        }

        if (column.IsNumeric)
        {
            var values = vector.Numbers.AsSpan(at, count);
            _values!.Read(values[..there]);
            Spread(values, present, there);
        }
        else
        {
            var values = vector.Slices.AsSpan(at, count);
            _values!.Read(values[..there]);
            Spread(values, present, there);
        }
    }

    // Each value to its own row, from the back, so that none is overwritten before it was moved.
    private static void Spread<T>(Span<T> values, ReadOnlySpan<bool> present, int there)
    {
        for (var row = values.Length - 1; there <= row; row--)
        {
            values[row] = present[row] ? values[--there] : default!;
        }
    }

    private async ValueTask NextPageAsync(CancellationToken cancellationToken)
    {
        var (header, length) = await HeaderAsync(cancellationToken);
        if (header.CompressedSize > footer.DataEnd - _position - length)
        {
            throw Fault($"a page of {header.CompressedSize} bytes at byte {_position} goes beyond the end of the data.");
        }

        await FillAsync(_position + length, header.CompressedSize, cancellationToken);
        var bytes = _window.AsMemory((int)(_position + length - _windowStart), header.CompressedSize);
        _position += length + header.CompressedSize;
        if (header.Checksum is { } checksum && Crc32.Of(bytes.Span) != checksum)
        {
            throw Fault($"the page before byte {_position} is damaged: its checksum is another.");
        }

        try
        {
            switch (header.Type)
            {
                case PageType.Dictionary:
                    if (header.Encoding is not (PageEncoding.Plain or PageEncoding.PlainDictionary))
                    {
                        throw new ParquetException($"its dictionary has encoding {header.Encoding}.");
                    }

                    byte[] values = [];
                    Codecs.Decompress(_codec, bytes, header.Size, ref values);
                    _dictionary = PageDictionary.Read(column, header.Values, values.AsMemory(0, header.Size));
                    break;
                case PageType.Data:
                    Open(header, bytes);
                    break;
                case PageType.DataV2:
                    OpenV2(header, bytes);
                    break;
                // An index, or what later versions may bring: what matters is in the others.
                default:
                    break;
            }
        }
        catch (ParquetException e)
        {
            throw Fault(e.Message);
        }
    }

    private void Open(PageHeader header, ReadOnlyMemory<byte> bytes)
    {
        var data = Decompress(bytes, header.Size);
        _levels = null;
        if (column.Nullable)
        {
            if (header.LevelEncoding != PageEncoding.Rle)
            {
                throw new ParquetException($"its definition levels have encoding {Name(header.LevelEncoding)}; RLE is supported.");
            }

            if (data.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(data.Span) is var length && length > data.Length - 4)
            {
                throw new ParquetException("the definition levels of a page are cut off.");
            }

            _levels = new(data.Slice(4, (int)length), 1);
            data = data[(4 + (int)length)..];
        }

        Start(header, data);
    }

    private void OpenV2(PageHeader header, ReadOnlyMemory<byte> bytes)
    {
        var levels = header.LevelBytes + header.RepetitionBytes;
        // They are outlived by the page, and the window is not theirs.
        _levels = column.Nullable ? new(bytes.Slice(header.RepetitionBytes, header.LevelBytes).ToArray(), 1) : null;
        var data = bytes[levels..];
        // Of a page of nulls there may be nothing to decompress.
        Start(header, header.IsCompressed && data.Length > 0 ? Decompress(data, header.Size - levels) : Decompress(data, data.Length, Codec.Uncompressed));
    }

    private void Start(PageHeader header, ReadOnlyMemory<byte> data)
    {
        var values = header.Values;
        if (values > _left)
        {
            throw new ParquetException($"a page has {values} values where {_left} are left.");
        }

        _left -= values;
        _leftInPage = values;
        _values = header.Encoding switch
        {
            PageEncoding.Plain => new PlainDecoder(column.Physical, column.Length, data),
            PageEncoding.PlainDictionary or PageEncoding.RleDictionary => new DictionaryDecoder(_dictionary ?? throw new ParquetException("a page needs a dictionary, and there is none before it."), data),
            PageEncoding.Rle when column.Physical == PhysicalType.Boolean => new RunLengthDecoder(data),
            PageEncoding.DeltaBinaryPacked when column.Physical is PhysicalType.Int32 or PhysicalType.Int64 => new DeltaDecoder(data, column.Physical == PhysicalType.Int32),
            PageEncoding.DeltaLengthByteArray when column.Physical == PhysicalType.ByteArray => new DeltaLengthDecoder(data),
            PageEncoding.DeltaByteArray when column.Physical is PhysicalType.ByteArray or PhysicalType.FixedLenByteArray => new DeltaByteArrayDecoder(data),
            PageEncoding.ByteStreamSplit => new ByteStreamSplitDecoder(column, data),
            var other => throw new ParquetException($"the encoding {Name(other)} of {column.Physical} is not supported."),
        };
    }

    private ReadOnlyMemory<byte> Decompress(ReadOnlyMemory<byte> bytes, int size, Codec? codec = null)
    {
        // Numbers are copied out of the page; byte arrays stay in it, and a batch may have some of the page before.
        if (!column.IsNumeric)
        {
            _page = [];
        }

        Codecs.Decompress(codec ?? _codec, bytes, size, ref _page);
        return _page.AsMemory(0, size);
    }

    private async ValueTask<(PageHeader Header, int Length)> HeaderAsync(CancellationToken cancellationToken)
    {
        for (var size = FirstHeader; ; size *= 4)
        {
            var available = footer.DataEnd - _position;
            if (available <= 0)
            {
                throw Fault($"its pages end with {_left} values still to come.");
            }

            var there = (int)Math.Min(size, available);
            await FillAsync(_position, there, cancellationToken);
            try
            {
                return (PageHeader.Read(_window.AsSpan((int)(_position - _windowStart), there), out var length), length);
            }
            catch (ParquetException e) when (e.NeedsMore && there < available && size < LargestHeader)
            {
                // Statistics of long texts make long headers.
            }
            catch (ParquetException e)
            {
                throw Fault(e.Message);
            }
        }
    }

    /// <summary>Sees to it that the window has these bytes of the file.</summary>
    private async ValueTask FillAsync(long start, int count, CancellationToken cancellationToken)
    {
        if (start >= _windowStart && start + count <= _windowStart + _windowLength)
        {
            return;
        }

        var wanted = (int)Math.Min(Math.Max(count, WindowSize), footer.DataEnd - start);
        if (_window.Length < wanted)
        {
            _window = GC.AllocateUninitializedArray<byte>(wanted);
        }

        (_windowStart, _windowLength) = (start, 0);
        stream.Position = start;
        _windowLength = await stream.ReadAtLeastAsync(_window.AsMemory(0, wanted), count, throwOnEndOfStream: false, cancellationToken);
        if (_windowLength < count)
        {
            throw Fault($"the file ends at byte {start + _windowLength}.");
        }
    }

    private static string Name(PageEncoding encoding) => encoding switch
    {
        PageEncoding.Plain => "PLAIN",
        PageEncoding.PlainDictionary => "PLAIN_DICTIONARY",
        PageEncoding.Rle => "RLE",
        PageEncoding.BitPacked => "BIT_PACKED",
        PageEncoding.DeltaBinaryPacked => "DELTA_BINARY_PACKED",
        PageEncoding.DeltaLengthByteArray => "DELTA_LENGTH_BYTE_ARRAY",
        PageEncoding.DeltaByteArray => "DELTA_BYTE_ARRAY",
        PageEncoding.RleDictionary => "RLE_DICTIONARY",
        PageEncoding.ByteStreamSplit => "BYTE_STREAM_SPLIT",
        _ => FormattableString.Invariant($"number {(int)encoding}"),
    };

    private ParquetException Fault(string why) => new($"Column '{column}' of row group {_group + 1}: {why}");
}
