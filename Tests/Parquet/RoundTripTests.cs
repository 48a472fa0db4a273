using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Wyckoff.Parquet;

namespace Wyckoff.Tests.Parquet;

/// <summary>Tables that are written are read back unchanged, for all codecs and sizes of row groups.</summary>
public sealed class RoundTripTests
{
    private static readonly Config Seeded = Config
        .QuickThrowOnFailure.WithMaxTest(60)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_261_121), FSharpOption<int>.None)));

    private static readonly ParquetColumn[] Columns =
    [
        ParquetColumn.Int64("int64"),
        ParquetColumn.Boolean("bool") with
        {
            Nullable = true,
        },
        ParquetColumn.Int32("int32") with
        {
            Nullable = true,
        },
        ParquetColumn.Double("double") with
        {
            Nullable = true,
        },
        ParquetColumn.Text("text") with
        {
            Nullable = true,
        },
        ParquetColumn.Text("symbol"),
        ParquetColumn.Timestamp("timestamp") with
        {
            Nullable = true,
        },
        ParquetColumn.Decimal("dec18", 18, 8) with
        {
            Nullable = true,
        },
        ParquetColumn.Decimal("dec28", 28, 8) with
        {
            Nullable = true,
        },
    ];

    public sealed record Row(long Number, bool? Flag, int? Small, double? Real, string? Text, int Symbol, Int128? Digits);

    public sealed record Table(ParquetCodec Codec, int RowsPerGroup, Row[] Rows);

    private static Gen<Table> Tables() =>
        from codec in Gen.Elements(ParquetCodec.Uncompressed, ParquetCodec.Snappy, ParquetCodec.Gzip, ParquetCodec.Zstd)
        from perGroup in Gen.Elements(1, 7, 1000, 65_536)
        // Few symbols give long runs in the dictionary indices, many give wide indices.
        from symbols in Gen.Elements(1, 2, 300)
        from nulls in Gen.Elements(1, 2, 20)
        from rows in Gen.ArrayOf(
                from high in Gen.Choose(int.MinValue, int.MaxValue)
                from low in Gen.Choose(int.MinValue, int.MaxValue)
                from isNull in Gen.Choose(0, nulls)
                from text in Gen.Elements("", "a", "é€𐍈", "a longer text that repeats, a longer text that repeats")
                from symbol in Gen.Choose(0, symbols - 1)
                let number = ((long)high << 32) | (uint)low
                select new Row(
                    number,
                    isNull == 1 ? null : (low & 1) == 0,
                    isNull == 1 ? null : high,
                    isNull == 1 ? null : number / 7.0,
                    isNull == 1 ? null : text,
                    symbol,
                    isNull == 1 ? null : number % 999_999_999_999_999_999
                )
            )
            .Resize(400)
        select new Table(codec, perGroup, rows);

    [Fact]
    public void Any_table_is_read_back_unchanged() =>
        Prop.ForAll(
                Tables().ToArbitrary(),
                async table =>
                {
                    var file = await WriteAsync(table);
                    var rows = ParquetRows.Read(file);
                    Assert.Equal(table.Rows.Length, rows.Count);
                    foreach (var (written, read) in table.Rows.Zip(rows))
                    {
                        Assert.Equal((Int128)written.Number, read["int64"]);
                        Assert.Equal(written.Flag, read["bool"]);
                        Assert.Equal(written.Small is { } small ? (Int128)small : null, read["int32"]);
                        Assert.Equal(written.Real?.ToString("R", System.Globalization.CultureInfo.InvariantCulture), read["double"]);
                        Assert.Equal(written.Text, read["text"]);
                        Assert.Equal($"S{written.Symbol}", read["symbol"]);
                        Assert.Equal(written.Real is null ? null : written.Number, read["timestamp"]);
                        Assert.Equal(written.Digits is { } digits ? (digits, 8) : null, read["dec18"]);
                        Assert.Equal(written.Digits is { } more ? (more * 1_000_000_000, 8) : null, read["dec28"]);
                    }
                }
            )
            .Check(Seeded);

    [Fact]
    public async Task A_file_without_rows_is_valid()
    {
        var file = await WriteAsync(new(ParquetCodec.Snappy, 10, []));
        Assert.Empty(ParquetRows.Read(file));
        using var reader = ParquetReader.Open(new MemoryStream(file));
        Assert.Equal(("wyckoff", 0L, Columns.Length), (reader.CreatedBy, reader.Rows, reader.Columns.Count));
    }

    [Fact]
    public async Task A_text_column_with_many_values_falls_back_from_its_dictionary()
    {
        var output = new MemoryStream();
        using var writer = new ParquetWriter(output, [ParquetColumn.Text("text")]);
        for (var i = 0; i < 10_000; i++)
        {
            writer.Add(0, i < 5000 ? $"row {i % 4000}" : $"row {i}");
            await writer.EndRowAsync(TestContext.Current.CancellationToken);
        }

        await writer.FinishAsync(TestContext.Current.CancellationToken);
        var rows = ParquetRows.Read(output.ToArray());
        Assert.Equal(Enumerable.Range(0, 10_000).Select(i => i < 5000 ? $"row {i % 4000}" : $"row {i}"), rows.Select(row => row["text"]));
    }

    [Fact]
    public async Task A_value_that_does_not_fit_its_column_is_refused()
    {
        using var writer = new ParquetWriter(
            new MemoryStream(),
            [ParquetColumn.Decimal("price", 18, 8), ParquetColumn.Decimal("volume", 28, 8)]
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.AddDecimal(0, 0.000000001m));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.AddDecimal(0, 10_000_000_000m));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.AddDecimal(1, decimal.MaxValue));
        Assert.Throws<InvalidOperationException>(() => writer.AddNull(0));
        Assert.Throws<InvalidOperationException>(() => writer.Add(0, "text"));
        writer.AddDecimal(0, 1.500000000m);
        await writer.EndRowAsync(TestContext.Current.CancellationToken);
        // The row has no value for the second column.
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.FinishAsync(TestContext.Current.CancellationToken));
    }

    private static async Task<byte[]> WriteAsync(Table table)
    {
        var output = new ForwardStream();
        using var writer = new ParquetWriter(output, Columns, table.Codec, table.RowsPerGroup);
        foreach (var row in table.Rows)
        {
            writer.Add(0, row.Number);
            Add(1, row.Flag, writer.Add);
            Add(2, row.Small, writer.Add);
            Add(3, row.Real, writer.Add);
            if (row.Text is null)
            {
                writer.AddNull(4);
            }
            else
            {
                writer.Add(4, row.Text);
            }

            writer.Add(5, $"S{row.Symbol}");
            Add<long>(6, row.Real is null ? null : row.Number, writer.Add);
            Add(7, row.Digits, writer.AddUnscaled);
            Add(8, row.Digits * 1_000_000_000, writer.AddUnscaled);
            await writer.EndRowAsync(TestContext.Current.CancellationToken);
        }

        await writer.FinishAsync(TestContext.Current.CancellationToken);
        return output.ToArray();

        void Add<T>(int column, T? value, Action<int, T> add)
            where T : struct
        {
            if (value is { } there)
            {
                add(column, there);
            }
            else
            {
                writer.AddNull(column);
            }
        }
    }

    /// <summary>A stream that cannot seek, like the body of a response.</summary>
    private sealed class ForwardStream : MemoryStream
    {
        public override bool CanSeek => false;

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override long Seek(long offset, SeekOrigin loc) => throw new NotSupportedException();
    }
}
