using System.Globalization;
using Wyckoff.Bars;
using Wyckoff.Parquet;

namespace Wyckoff.Tests.Parquet;

/// <summary>Reads files that other programs wrote; see Fixtures/README.md.</summary>
public sealed class FixtureTests
{
    private static readonly long Micro2024 = IncomingBar.TimeOf(new(2024, 1, 2, 14, 30, 0, TimeSpan.Zero));
    private static readonly (string File, string Column) UnsignedDeltas = ("duckdb/types-v2", "uint32");
    private static readonly long Micro1960 = IncomingBar.TimeOf(new(1960, 1, 2, 14, 30, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("duckdb/types-uncompressed")]
    [InlineData("duckdb/types-snappy")]
    [InlineData("duckdb/types-gzip")]
    [InlineData("duckdb/types-brotli")]
    [InlineData("duckdb/types-zstd")]
    [InlineData("duckdb/types-lz4_raw")]
    [InlineData("duckdb/types-v2")]
    [InlineData("arrow/v1-dictionary")]
    [InlineData("arrow/v1-plain")]
    [InlineData("arrow/v2-dictionary")]
    [InlineData("arrow/v2-fallback")]
    [InlineData("arrow/v2-uncompressed")]
    [InlineData("arrow/delta")]
    [InlineData("arrow/split")]
    [InlineData("arrow/zstd")]
    public void Every_value_is_read_as_written(string name)
    {
        using var reader = ParquetReader.Open(new MemoryStream(ParquetRows.Fixture(name)));
        var rows = ParquetRows.Read(
            ParquetRows.Fixture(name),
            [.. reader.Columns.Select(column => column.Name).Where(column => (name, column) != UnsignedDeltas)]
        );
        Assert.Equal(100, rows.Count);
        foreach (var (i, row) in rows.Index())
        {
            foreach (var (column, value) in row)
            {
                var expected =
                    column == "id" ? (Int128)i
                    : i % 7 == 3 ? null
                    : Expected(column, i);
                Assert.True(Equals(expected, value), $"{name}, row {i}, {column}: {expected} was expected, not {value}.");
            }
        }
    }

    [Fact]
    public void Wide_unsigned_deltas_of_DuckDB_are_refused_with_the_column()
    {
        var e = Assert.Throws<ParquetException>(() => ParquetRows.Read(ParquetRows.Fixture(UnsignedDeltas.File), UnsignedDeltas.Column));
        Assert.Equal(
            "Column 'uint32' of row group 1: unsigned 32-bit numbers in DELTA_BINARY_PACKED with deltas of more than 32 bits, "
                + "as DuckDB writes them, are not supported.",
            e.Message
        );
    }

    [Fact]
    public void Nested_columns_are_refused_with_the_column()
    {
        var e = Assert.Throws<ParquetException>(() => ParquetRows.Read(ParquetRows.Fixture("duckdb/nested")));
        Assert.Equal("Column 'list.list.element' cannot be read: it is nested.", e.Message);
    }

    [Fact]
    public void Flat_columns_beside_nested_ones_are_read()
    {
        var rows = ParquetRows.Read(ParquetRows.Fixture("duckdb/nested"), "id");
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (object?)(Int128)i), rows.Select(row => row["id"]));
    }

    [Fact]
    public void All_row_groups_are_read()
    {
        var file = ParquetRows.Fixture("duckdb/bars");
        using var reader = ParquetReader.Open(new MemoryStream(file));
        Assert.Equal(3, reader.RowGroups);
        var rows = ParquetRows.Read(file, "Volume", "Symbol");
        Assert.Equal(
            Enumerable.Range(0, 5000).Select(i => ((object?)(Int128)(i * 10), (object?)(i % 2 == 0 ? "SPY" : "AAPL"))),
            rows.Select(row => (row["Volume"], row["Symbol"]))
        );
    }

    [Fact]
    public void Columns_have_the_type_of_the_schema()
    {
        using var reader = ParquetReader.Open(new MemoryStream(ParquetRows.Fixture("duckdb/types-snappy")));
        var columns = reader.Columns.ToDictionary(column => column.Name, StringComparer.Ordinal);
        Assert.Equal((ParquetKind.Decimal, 28, 8), (columns["dec28"].Kind, columns["dec28"].Precision, columns["dec28"].Scale));
        Assert.Equal(
            (ParquetKind.Timestamp, ParquetTimeUnit.Nanoseconds, false),
            (columns["ts_ns"].Kind, columns["ts_ns"].Unit, columns["ts_ns"].IsUtc)
        );
        Assert.Equal(
            (ParquetKind.Timestamp, ParquetTimeUnit.Microseconds, true),
            (columns["tstz"].Kind, columns["tstz"].Unit, columns["tstz"].IsUtc)
        );
        Assert.Equal((ParquetKind.Timestamp, ParquetTimeUnit.Milliseconds), (columns["ts_ms"].Kind, columns["ts_ms"].Unit));
        Assert.Equal(
            [ParquetKind.Date, ParquetKind.TimeOfDay, ParquetKind.Text, ParquetKind.Bytes, ParquetKind.Real, ParquetKind.Boolean],
            new[] { "date", "time", "text", "blob", "float", "bool" }.Select(name => columns[name].Kind)
        );
        Assert.Contains("DuckDB", reader.CreatedBy, StringComparison.Ordinal);
    }

    [Fact]
    public void Reading_a_column_as_another_type_throws()
    {
        using var reader = ParquetReader.Open(new MemoryStream(ParquetRows.Fixture("duckdb/types-snappy")));
        foreach (
            var batch in reader.Read([reader.Columns.Single(column => column.Name == "double")], TestContext.Current.CancellationToken)
        )
        {
            Assert.Throws<InvalidOperationException>(() => batch[0].Integer(0));
            Assert.Throws<InvalidOperationException>(() => batch[0].Text(0));
        }
    }

    private static object Expected(string column, int i) =>
        column switch
        {
            "bool" => i % 3 == 0,
            "int8" => (Int128)(i - 50),
            "int16" => (Int128)(i * 300 - 15000),
            "int32" => (Int128)(i * 20_000_000L - 1_000_000_000),
            "int64" => (Int128)(i * 90_000_000_000_000_000L - 4_500_000_000_000_000_000),
            "uint8" => (Int128)(255 - i),
            "uint32" => (Int128)(uint.MaxValue - i),
            "uint64" => (Int128)(ulong.MaxValue - (ulong)i),
            "float" or "double" => (i / 10m).ToString("0.#", CultureInfo.InvariantCulture),
            "dec4" => ((Int128)(decimal.Round((i - 50) / 4m, 2) * 100), 2),
            "dec18" => ((i < 50 ? -1 : 1) * ((Int128)Math.Abs(i - 50) * 10_000 * IncomingBar.One + 1), 8),
            "dec28" => ((i < 50 ? -1 : 1) * ((Int128)Math.Abs(i - 50) * 100_000_000_000_000_000 * IncomingBar.One + 12_345_678), 8),
            "ts_ms" or "ts_ns" or "tstz" => Micro2024 + i * 60_000_000L,
            "ts_us" => Micro1960 + i,
            "date" => (Int128)(new DateOnly(1960, 1, 1).DayNumber - new DateOnly(1970, 1, 1).DayNumber + i * 100),
            "time" => "time of day",
            "text" => $"row {i}",
            "symbol" => new[] { "SPY", "AAPL", "é€" }[i % 3],
            "blob" => Convert.ToHexString([(byte)('A' + i % 26)]),
            _ => throw new ArgumentOutOfRangeException(nameof(column), column, "no such column"),
        };
}
