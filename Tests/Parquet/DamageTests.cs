using Wyckoff.Parquet;

namespace Wyckoff.Tests.Parquet;

/// <summary>Damaged files give a <see cref="ParquetException"/> or other values, never another exception or an endless loop.</summary>
public sealed class DamageTests
{
    // A damaged file may announce any number of rows, and nulls take no bytes, so reading stops here.
    private const int MaxRows = 20_000;

    public static TheoryData<string> Fixtures => [.. ParquetRows.Fixtures()];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void A_file_with_changed_bytes_is_refused_or_has_other_values(string name)
    {
        var file = ParquetRows.Fixture(name);
        var random = new Random(name.Length * 1000 + name[^1]);
        var refused = 0;
        for (var round = 0; round < 150; round++)
        {
            var damaged = (byte[])file.Clone();
            // Every second round damages only the footer.
            var from = round % 2 == 0 ? 0 : Math.Max(0, damaged.Length - 8 - BitConverter.ToInt32(damaged, damaged.Length - 8));
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                damaged[random.Next(from, damaged.Length)] = (byte)random.Next(4) switch
                {
                    0 => 0,
                    1 => 0xFF,
                    _ => (byte)random.Next(256),
                };
            }

            refused += IsRefused(damaged) ? 1 : 0;
        }

        Assert.NotEqual(0, refused);
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void A_file_with_missing_bytes_is_refused_or_has_other_values(string name)
    {
        var file = ParquetRows.Fixture(name);
        var random = new Random(7);
        for (var round = 0; round < 40; round++)
        {
            // Without its end a file is always refused. With bytes missing in the middle it may still be readable.
            Assert.True(IsRefused(file[..random.Next(file.Length)]));
            var (first, second) = (random.Next(file.Length - 8), random.Next(file.Length - 8));
            IsRefused([.. file[..Math.Min(first, second)], .. file[Math.Max(first, second)..]]);
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void A_file_with_changed_numbers_is_refused_or_has_other_values(string name)
    {
        // Writes varints of several bytes at random positions, as large sizes in the footer and in page headers would be.
        var file = ParquetRows.Fixture(name);
        var random = new Random(name.Length);
        for (var round = 0; round < 50; round++)
        {
            var damaged = (byte[])file.Clone();
            var at = random.Next(4, damaged.Length - 12);
            for (var length = random.Next(1, 6); length > 0; length--)
            {
                damaged[at++] = (byte)(length == 1 ? random.Next(128) : random.Next(128, 256));
            }

            IsRefused(damaged);
        }
    }

    [Fact]
    public async Task Damage_to_a_file_of_this_writer_is_always_detected()
    {
        var file = await WriteFileAsync();
        var random = new Random(9);
        for (var round = 0; round < 300; round++)
        {
            var damaged = (byte[])file.Clone();
            // Pages have checksums, and page headers are checked. The footer is left out, since its statistics are not read.
            damaged[random.Next(4, file.Length - 8 - BitConverter.ToInt32(file, file.Length - 8))] ^= (byte)(1 << random.Next(8));
            if (!IsRefused(damaged))
            {
                Assert.Equal(ParquetRows.Read(file).SelectMany(row => row), ParquetRows.Read(damaged).SelectMany(row => row));
            }
        }
    }

    [Fact]
    public void Random_bytes_are_refused()
    {
        var random = new Random(8);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = new byte[random.Next(300)];
            random.NextBytes(bytes);
            Assert.True(IsRefused(bytes));
            if (bytes.Length < 12)
            {
                continue;
            }

            // The same bytes as the footer of a file with a valid beginning and end.
            byte[] file = [.. "PAR1"u8, .. bytes, .. BitConverter.GetBytes(bytes.Length), .. "PAR1"u8];
            IsRefused(file);
        }
    }

    [Theory]
    [InlineData("", "0 bytes are too few")]
    [InlineData("timestamp,open,high,low,close,volume", "does not end with PAR1")]
    [InlineData("PAR1.......\u007F\u007F\u007F\u007FPAR1", "says it has 2139062143 bytes")]
    [InlineData("PAR1.......\u0001\0\0\0PARE", "encrypted")]
    public void Another_file_is_refused_with_the_reason(string content, string why)
    {
        var e = Assert.Throws<ParquetException>(() => ParquetReader.Open(new MemoryStream(System.Text.Encoding.Latin1.GetBytes(content))));
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_with_a_wrong_checksum_is_refused_with_its_column()
    {
        var file = await WriteFileAsync();
        // A text in the dictionary of the first column.
        file[file.AsSpan().IndexOf("SPY"u8)]++;
        var e = Assert.Throws<ParquetException>(() => ParquetRows.Read(file));
        Assert.StartsWith("Column 'symbol' of row group 1: ", e.Message, StringComparison.Ordinal);
        Assert.Contains("CRC", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2_000_000_000, 8, 1, "says it has 2000000000 bytes, 8 decompressed")]
    [InlineData(-1, 8, 1, "says it has -1 bytes")]
    [InlineData(8, 2_000_000_000, 1, "MiB of memory; 512 are allowed")]
    [InlineData(8, 8, int.MaxValue, "its dictionary says it has 2147483647 values in 8 bytes")]
    [InlineData(8, 400_000_000, 400_000_000, "MiB of memory; 512 are allowed")]
    public void A_page_header_with_a_wrong_size_is_refused(int packed, int size, int values, string why)
    {
        var page = new ThriftWriter();
        page.Begin().Int32(1, 2).Int32(2, size).Int32(3, packed).Begin(7).Int32(1, values).Int32(2, 0).End().End();
        var file = OneColumn(2, 1, page, new byte[8]);
        var e = Assert.Throws<ParquetException>(() => ParquetRows.Read(file));
        Assert.StartsWith("Column 'n' of row group 1: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(6, "its lengths are not those of 1000 values")]
    [InlineData(7, "its lengths are not those of 1000 values")]
    public void A_delta_page_with_more_lengths_than_values_is_refused(int encoding, string why)
    {
        // A sequence of 2^31 - 1 zeros in blocks of 128 with four parts: ParquetSharp would allocate memory for all of them.
        byte[] values = [0x80, 1, 4, 0xFF, 0xFF, 0xFF, 0xFF, 7, 0, 0, 0, 0, 0, 0];
        var page = new ThriftWriter();
        page.Begin()
            .Int32(1, 0)
            .Int32(2, values.Length)
            .Int32(3, values.Length)
            .Begin(5)
            .Int32(1, 1000)
            .Int32(2, encoding)
            .Int32(3, 3)
            .Int32(4, 3)
            .End()
            .End();
        var e = Assert.Throws<ParquetException>(() => ParquetRows.Read(OneColumn(6, 1000, page, values)));
        Assert.StartsWith("Column 'n' of row group 1: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
    }

    private static byte[] OneColumn(int physical, int rows, ThriftWriter page, byte[] values)
    {
        var body = page.Written.Length + values.Length;
        var footer = new ThriftWriter();
        footer
            .Begin()
            .Int32(1, 1)
            .StructList(2, 2)
            .Begin()
            .Text(4, "schema")
            .Int32(5, 1)
            .End()
            .Begin()
            .Int32(1, physical)
            .Int32(3, 0)
            .Text(4, "n")
            .End()
            .Int64(3, rows)
            .StructList(4, 1)
            .Begin()
            .StructList(1, 1)
            .Begin()
            .Int64(2, 4)
            .Begin(3)
            .Int32(1, physical)
            .Int32List(2, 0)
            .TextList(3, "n")
            .Int32(4, 0)
            .Int64(5, rows)
            .Int64(6, body)
            .Int64(7, body)
            .Int64(9, 4)
            .End()
            .End()
            .Int64(2, body)
            .Int64(3, rows)
            .End()
            .End();
        return
        [
            .. "PAR1"u8,
            .. page.Written.Span,
            .. values,
            .. footer.Written.Span,
            .. BitConverter.GetBytes(footer.Written.Length),
            .. "PAR1"u8,
        ];
    }

    private static async Task<byte[]> WriteFileAsync()
    {
        var output = new MemoryStream();
        using var writer = new ParquetWriter(
            output,
            [
                ParquetColumn.Text("symbol"),
                ParquetColumn.Decimal("price", 18, 8) with
                {
                    Nullable = true,
                },
                ParquetColumn.Decimal("volume", 28, 8),
            ],
            rowsPerGroup: 100
        );
        for (var row = 0; row < 250; row++)
        {
            writer.Add(0, row % 3 == 0 ? "SPY" : "AAPL");
            if (row % 7 == 0)
            {
                writer.AddNull(1);
            }
            else
            {
                writer.AddDecimal(1, row / 100m);
            }

            writer.AddDecimal(2, row);
            await writer.EndRowAsync(TestContext.Current.CancellationToken);
        }

        await writer.FinishAsync(TestContext.Current.CancellationToken);
        return output.ToArray();
    }

    private static bool IsRefused(byte[] file)
    {
        try
        {
            using var reader = ParquetReader.Open(new MemoryStream(file));
            foreach (var column in reader.Columns)
            {
                var rows = 0;
                foreach (var batch in reader.Read([column], TestContext.Current.CancellationToken))
                {
                    for (var row = 0; row < batch.Count; row++)
                    {
                        ParquetRows.Value(batch[0], row);
                    }

                    if ((rows += batch.Count) > MaxRows)
                    {
                        break;
                    }
                }
            }

            return false;
        }
        catch (ParquetException e)
        {
            Assert.NotEmpty(e.Message);
            return true;
        }
    }
}
