using Wyckoff.Parquet;

namespace Wyckoff.Tests.Parquet;

/// <summary>Files that somebody damaged: they end in a <see cref="ParquetException"/>, or in other values; never in anything else, nor never.</summary>
public sealed class DamageTests
{
    // Damage may announce any number of rows, and nulls of no bytes keep what it says.
    private const int MostRows = 20_000;

    public static TheoryData<string> Fixtures => [.. ParquetRows.Fixtures()];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public async Task Changed_bytes(string name)
    {
        var file = ParquetRows.Fixture(name);
        var random = new Random(name.Length * 1000 + name[^1]);
        var refused = 0;
        for (var round = 0; round < 150; round++)
        {
            var damaged = (byte[])file.Clone();
            // Half of the damage to the end of the file, which is what is believed.
            var from = round % 2 == 0 ? 0 : Math.Max(0, damaged.Length - 8 - BitConverter.ToInt32(damaged, damaged.Length - 8));
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                damaged[random.Next(from, damaged.Length)] = (byte)random.Next(4) switch { 0 => 0, 1 => 0xFF, _ => (byte)random.Next(256) };
            }

            refused += await IsRefusedAsync(damaged) ? 1 : 0;
        }

        Assert.NotEqual(0, refused);
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public async Task Missing_bytes(string name)
    {
        var file = ParquetRows.Fixture(name);
        var random = new Random(7);
        for (var round = 0; round < 40; round++)
        {
            // An end that is cut off, and a hole before an end that is there.
            Assert.True(await IsRefusedAsync(file[..random.Next(file.Length)]));
            var (first, second) = (random.Next(file.Length - 8), random.Next(file.Length - 8));
            await IsRefusedAsync([.. file[..Math.Min(first, second)], .. file[Math.Max(first, second)..]]);
        }
    }

    [Fact]
    public async Task Any_bytes_at_all()
    {
        var random = new Random(8);
        for (var round = 0; round < 2000; round++)
        {
            var bytes = new byte[random.Next(300)];
            random.NextBytes(bytes);
            Assert.True(await IsRefusedAsync(bytes));
            if (bytes.Length < 12)
            {
                continue;
            }

            // And as the footer of a file that seems whole.
            byte[] file = [.. "PAR1"u8, .. bytes, .. BitConverter.GetBytes(bytes.Length), .. "PAR1"u8];
            await IsRefusedAsync(file);
        }
    }

    [Theory]
    [InlineData("", "0 bytes are too few")]
    [InlineData("timestamp,open,high,low,close,volume", "does not end with PAR1")]
    [InlineData("PAR1.......\u007F\u007F\u007F\u007FPAR1", "says it has 2139062143 bytes")]
    [InlineData("PAR1.......\u0001\0\0\0PARE", "encrypted")]
    public async Task What_is_no_Parquet_file_is_told_why(string content, string why)
    {
        var e = await Assert.ThrowsAsync<ParquetException>(() => ParquetReader.OpenAsync(new MemoryStream(System.Text.Encoding.Latin1.GetBytes(content)), TestContext.Current.CancellationToken));
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checksum_is_the_one_of_gzip() => Assert.Equal(unchecked((int)0xCBF43926), Crc32.Of("123456789"u8));

    [Fact]
    public async Task A_page_whose_checksum_is_another_is_refused()
    {
        Assert.Equal((Int128)7, Assert.Single(await ParquetRows.ReadAsync(OneNumber(Crc32.Of([7, 0, 0, 0]))))["n"]);
        var e = await Assert.ThrowsAsync<ParquetException>(() => ParquetRows.ReadAsync(OneNumber(1)));
        Assert.StartsWith("Column 'n' of row group 1: the page before byte ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Announced_sizes_are_not_believed()
    {
        var before = GC.GetTotalAllocatedBytes();
        // A Snappy page of four bytes that says it holds 200 MB, an RLE run of two billion, lengths of two billion texts.
        byte[] snappy = [0x80, 0x84, 0xAF, 0x5F];
        Assert.Throws<ParquetException>(() => Snappy.Length(snappy));
        Assert.Throws<ParquetException>(() => new DeltaLengthDecoder(new byte[] { 0x80, 0x01, 0x04, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0x00, 0x00, 0x00 }));
        Assert.Throws<ParquetException>(() => PageDictionary.Read(ParquetColumn.Int64("x"), int.MaxValue, new byte[100]));
        var run = new HybridDecoder(new byte[] { 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 1 }, 1);
        var values = new int[100];
        run.Read(values);
        Assert.All(values, value => Assert.Equal(1, value));
        Assert.True(GC.GetTotalAllocatedBytes() - before < 50_000_000);
    }

    private static byte[] OneNumber(int checksum)
    {
        var page = new ThriftWriter();
        page.Begin().Int32(1, 0).Int32(2, 4).Int32(3, 4).Int32(4, checksum).Begin(5).Int32(1, 1).Int32(2, 0).Int32(3, 3).Int32(4, 3).End().End();
        var footer = new ThriftWriter();
        footer.Begin().Int32(1, 1).StructList(2, 2).Begin().Text(4, "schema").Int32(5, 1).End().Begin().Int32(1, 1).Int32(3, 0).Text(4, "n").End()
            .Int64(3, 1).StructList(4, 1).Begin().StructList(1, 1).Begin().Int64(2, 4).Begin(3).Int32(1, 1).Int32List(2, 0).TextList(3, "n").Int32(4, 0).Int64(5, 1).Int64(6, 40).Int64(7, 40).Int64(9, 4).End().End()
            .Int64(2, 40).Int64(3, 1).End().End();
        return [.. "PAR1"u8, .. page.Written.Span, 7, 0, 0, 0, .. footer.Written.Span, .. BitConverter.GetBytes(footer.Written.Length), .. "PAR1"u8];
    }

    private static async Task<bool> IsRefusedAsync(byte[] file)
    {
        try
        {
            var reader = await ParquetReader.OpenAsync(new MemoryStream(file), TestContext.Current.CancellationToken);
            foreach (var column in reader.Columns)
            {
                var rows = 0;
                await foreach (var batch in reader.ReadAsync([column], TestContext.Current.CancellationToken))
                {
                    for (var row = 0; row < batch.Count; row++)
                    {
                        ParquetRows.Value(batch[0], row);
                    }

                    if ((rows += batch.Count) > MostRows)
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
