using System.Globalization;
using ParquetSharp;
using ParquetSharp.Schema;
using Wyckoff.Bars;
using Wyckoff.Bars.Files;
using Wyckoff.Bars.Reading;
using Wyckoff.Imports.Parquet;
using Wyckoff.Parquet;
using Wyckoff.Primitives;
using Encoding = System.Text.Encoding;
using ParquetException = Wyckoff.Parquet.ParquetException;

namespace Wyckoff.Tests.Parquet;

/// <summary>Reads and writes bars in Parquet files: columns are found, invalid rows are rejected and numbers are exact.</summary>
public sealed class ParquetBarTests
{
    private const long Minute = 60_000_000;
    private static readonly long Start = IncomingBar.TimeOf(new(2024, 1, 2, 14, 30, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Bars_written_by_DuckDB_are_read()
    {
        var rows = Read(ParquetRows.Fixture("duckdb/bars"));
        Assert.Equal(5000, rows.Count);
        foreach (var (i, row) in rows.Index())
        {
            Assert.Equal(
                new(
                    i + 1,
                    new(
                        Start + i / 2 * Minute,
                        Cents(10_000 + i),
                        Cents(10_100 + i),
                        Cents(9_900 + i),
                        Cents(10_050 + i),
                        (Int128)i * 10 * IncomingBar.One
                    ),
                    i % 2 == 0 ? "SPY" : "AAPL",
                    null,
                    null,
                    false,
                    null,
                    null
                ),
                row
            );
        }
    }

    [Fact]
    public void Bars_written_by_hyparquet_are_read()
    {
        var rows = Read(ParquetRows.Fixture("hyparquet/bars"));
        Assert.Equal(300, rows.Count);
        foreach (var (i, row) in rows.Index())
        {
            Assert.Equal(
                new(
                    i + 1,
                    new(
                        Start + i * Minute,
                        Cents(10_000 + i),
                        Cents(10_100 + i),
                        Cents(9_900 + i),
                        Cents(10_050 + i),
                        (Int128)i * 10 * IncomingBar.One,
                        i % 5 == 0 ? IncomingBar.Unknown : i
                    ),
                    i < 150 ? "SPY" : "AAPL",
                    null,
                    0,
                    false,
                    null,
                    null
                ),
                row
            );
        }
    }

    [Fact]
    public async Task Invalid_rows_are_rejected_and_the_others_are_read()
    {
        double[][] prices =
        [
            [1, 2, 0.5, 1.5, 10],
            [double.NaN, 2, 0.5, 1.5, 10],
            [1, double.PositiveInfinity, 0.5, 1.5, 10],
            [1, 0.4, 0.5, 1.5, 10],
            [1, 2, -0.5, 1.5, 10],
            [1, 2, 0.5, 1.5, -1],
            [1e10, 2e10, 0.5, 1.5, 10],
            [0.123456789, 2, 0.1, 1.5, 10],
            [1, 2, 0.5, 1.5, 1e20],
            [0.1, 0.3, 0.1, 0.2, 0.00000001],
        ];
        var file = await WriteAsync(
            [
                ParquetColumn.Timestamp("Date") with
                {
                    Nullable = true,
                },
                .. new[] { "OPEN", "High", "low", "Close", "Vol" }.Select(name => ParquetColumn.Double(name) with { Nullable = true }),
            ],
            prices.Length + 2,
            (writer, row) =>
            {
                if (row == prices.Length)
                {
                    writer.AddNull(0);
                }
                else
                {
                    writer.Add(0, Start + row * Minute);
                }

                for (var column = 0; column < 5; column++)
                {
                    if (row == prices.Length + 1 && column == 3)
                    {
                        writer.AddNull(4);
                    }
                    else
                    {
                        writer.Add(column + 1, row < prices.Length ? prices[row][column] : 1);
                    }
                }
            }
        );
        var rows = Read(file);
        Assert.Equal(
            [
                null,
                "open NaN: a finite number was expected",
                "high Infinity: a finite number was expected",
                "high 0.4 is below low 0.5",
                "low -0.5: more than 0 was expected, because the ticker does not allow negative prices",
                "volume -1: at least 0 and less than 10^20 was expected",
                "open 10000000000: more than -10000000000 and less than 10000000000 was expected",
                "open 0.123456789: at most 8 digits after the point were expected (--round N rounds to N digits)",
                "volume 1E+20: less than 10^20 was expected",
                null,
                "timestamp null: an instant was expected",
                "close null: a number was expected",
            ],
            rows.Select(row => row.Reason)
        );
        Assert.Equal(Enumerable.Range(1, 12).Select(row => (long)row), rows.Select(row => row.Row));
        Assert.Equal(new IncomingBar(Start + 9 * Minute, 10_000_000, 30_000_000, 10_000_000, 20_000_000, 1), rows[9].Bar);
        Assert.Equal("Date=2024-01-02T14:31:00Z, OPEN=NaN, High=2, low=0.5, Close=1.5, Vol=10", rows[1].Text);
        Assert.Null(rows[0].Text);
    }

    [Fact]
    public async Task A_double_is_read_as_its_shortest_decimal()
    {
        // The shortest text of a double is the original decimal if that has up to 15 digits. Longer decimals may change.
        var random = new Random(5);
        var texts = Enumerable
            .Range(0, 20_000)
            .Select(i => decimal.Round((decimal)Math.Pow(10, random.NextDouble() * 9 - 3) + 0.00000001m, random.Next(9)))
            .Where(price => price > 0)
            .ToArray();
        var file = await WriteAsync(
            [ParquetColumn.Int64("t"), .. "ohlcv".Select(letter => ParquetColumn.Double(letter.ToString()))],
            texts.Length,
            (writer, row) =>
            {
                writer.Add(0, 1_700_000_000L + row);
                for (var column = 1; column <= 5; column++)
                {
                    writer.Add(column, double.Parse(texts[row].ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
                }
            }
        );
        foreach (var (text, row) in texts.Zip(Read(file)))
        {
            var shortest = decimal.Parse(
                ((double)text).ToString("R", CultureInfo.InvariantCulture),
                NumberStyles.Float,
                CultureInfo.InvariantCulture
            );
            Assert.Equal((shortest * IncomingBar.One, shortest * IncomingBar.One), (row.Bar.Open, (decimal)row.Bar.Volume));
            if (text < 1_000_000)
            {
                Assert.Equal(text, shortest);
            }
        }
    }

    [Theory]
    [InlineData(1_704_205_800L)]
    [InlineData(1_704_205_800_000L)]
    [InlineData(1_704_205_800_000_000L)]
    [InlineData(1_704_205_800_000_000_000L)]
    public async Task The_unit_of_integer_times_is_detected_by_magnitude(long time)
    {
        var file = await WriteAsync([ParquetColumn.Int64("ts"), .. Prices()], 1, (writer, _) => Add(writer, () => writer.Add(0, time)));
        Assert.Equal(Start, Assert.Single(Read(file)).Bar.Time);
    }

    [Theory]
    [InlineData("2024-01-02T14:30:00Z", false, null)]
    [InlineData("2024-01-02T09:30:00-05:00", false, null)]
    [InlineData("2024-01-02 14:30:00", true, null)]
    [InlineData("2024-01-02 14:30", true, null)]
    [InlineData("02/01/2024", false, "timestamp 02/01/2024: a date and time such as 2024-01-31T14:30:00Z was expected")]
    public async Task Text_times_are_read_in_ISO_8601(string text, bool local, string? reason)
    {
        var file = await WriteAsync(
            [ParquetColumn.Text("datetime"), .. Prices()],
            1,
            (writer, _) => Add(writer, () => writer.Add(0, text))
        );
        var row = Assert.Single(Read(file));
        Assert.Equal(reason, row.Reason);
        if (reason is null)
        {
            Assert.Equal((Start, local), (row.Bar.Time, row.IsLocal));
        }
    }

    [Fact]
    public async Task The_index_column_of_pandas_is_read_as_the_time()
    {
        var file = await WriteAsync(
            [.. Prices(), ParquetColumn.Timestamp("__index_level_0__")],
            1,
            (writer, _) =>
            {
                for (var column = 0; column < 5; column++)
                {
                    writer.AddDecimal(column, 1);
                }

                writer.Add(5, Start);
            }
        );
        Assert.Equal(Start, Assert.Single(Read(file)).Bar.Time);
    }

    [Fact]
    public void An_INT96_is_read_as_a_timestamp()
    {
        // As written by Impala and old versions of Spark: nanoseconds of the day and the Julian day.
        var nanoseconds = BitConverter.GetBytes((14L * 3600 + 30 * 60) * 1_000_000_000);
        var value = new Int96(BitConverter.ToInt32(nanoseconds, 0), BitConverter.ToInt32(nanoseconds, 4), 2_440_588 + 19_724);
        var file = new MemoryStream();
        using (var node = new PrimitiveNode("time", Repetition.Required, LogicalType.None(), PhysicalType.Int96))
        using (var schema = new GroupNode("schema", Repetition.Required, [node]))
        using (var writer = new ParquetFileWriter(file, schema, WriterProperties.GetDefaultWriterProperties(), leaveOpen: true))
        {
            using var group = writer.AppendRowGroup();
            using var column = group.NextColumn();
            ((ColumnWriter<Int96>)column).WriteBatch([value]);
        }

        Assert.Equal(
            IncomingBar.TimeOf(DateTimeOffset.UnixEpoch.AddDays(19_724).AddHours(14.5)),
            Assert.Single(ParquetRows.Read(file.ToArray()))["time"]
        );
    }

    [Fact]
    public async Task A_file_of_bid_and_ask_prices_is_refused_as_a_quote_file()
    {
        var file = await WriteAsync(
            [
                ParquetColumn.Timestamp("timestamp"),
                .. ((string[])["bid_open", "bid_close", "ask_open", "ask_close", "volume"]).Select(name =>
                    ParquetColumn.Decimal(name, 18, 8)
                ),
            ],
            1,
            (writer, _) => Add(writer, () => writer.Add(0, Start))
        );
        var e = Assert.Throws<ParquetException>(() => Read(file));
        Assert.StartsWith(
            "This is a quote file (bid and ask prices): bars of trades are expected. No column for open:",
            e.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Columns_with_other_names_can_be_mapped()
    {
        var file = await WriteAsync(
            [ParquetColumn.Timestamp("wann"), .. Prices().Select(column => ParquetColumn.Decimal("my_" + column, 18, 8))],
            1,
            (writer, _) => Add(writer, () => writer.Add(0, Start))
        );
        var e = Assert.Throws<ParquetException>(() => Read(file));
        Assert.StartsWith("No column for timestamp: one of timestamp, datetime,", e.Message, StringComparison.Ordinal);
        Assert.EndsWith("there are wann, my_open, my_high, my_low, my_close, my_volume.", e.Message, StringComparison.Ordinal);

        var map = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["timestamp"] = "wann",
            ["open"] = "my_open",
            ["high"] = "my_high",
            ["low"] = "my_low",
            ["close"] = "my_close",
            ["volume"] = "MY_VOLUME",
        };
        Assert.Null(Assert.Single(Read(file, new() { Map = map })).Reason);
        map["volume"] = "wann";
        e = Assert.Throws<ParquetException>(() => Read(file, new() { Map = map }));
        Assert.Equal("Column 'wann' is Timestamp, which no volume can be.", e.Message);
    }

    [Theory]
    [InlineData(ParquetCodec.Uncompressed)]
    [InlineData(ParquetCodec.Snappy)]
    [InlineData(ParquetCodec.Gzip)]
    [InlineData(ParquetCodec.Zstd)]
    public async Task Stored_bars_are_written_and_read_back_unchanged(ParquetCodec codec)
    {
        var output = new MemoryStream();
        using var writer = new ParquetBarWriter(output, BarFields.All, flagged: false, codec, rowsPerGroup: 1000);
        var bars = StoredBars().ToArray();
        foreach (var of in bars.GroupBy(bar => bar.TickerId))
        {
            writer.Begin(Symbol.Parse(of.Key == 1 ? "SPY" : "BRK.B"), Timeframe.Minute1);
            foreach (var bar in of)
            {
                writer.Add(Row(bar));
            }

            await writer.FlushAsync(Token);
        }

        await writer.FinishAsync(Token);
        var file = output.ToArray();
        foreach (var (bar, row) in bars.Zip(Read(file)))
        {
            Assert.Null(row.Reason);
            Assert.Null(
                IncomingBar.TryCreate(
                    bar.Timestamp,
                    bar.Open,
                    bar.High,
                    bar.Low,
                    bar.Close,
                    bar.Volume,
                    bar.TradeCount,
                    bar.Vwap,
                    out var expected
                )
            );
            Assert.Equal((expected, bar.TickerId == 1 ? "SPY" : "BRK.B", "1m", 0L), (row.Bar, row.Symbol, row.Timeframe, row.Offset));
        }

        foreach (var (bar, row) in bars.Zip(ParquetRows.Read(file)))
        {
            Assert.Equal(((Int128)(bar.SpreadRatio * 10_000), 4), row["spread_ratio"]);
            Assert.Equal(bar.QualityScore is { } quality ? ((Int128)(quality * 100), 2) : null, row["quality_score"]);
            Assert.Equal(bar.LowHistory, row["low_history"]);
            Assert.Equal(bar.Source, row["source"]);
        }
    }

    [Fact]
    public async Task CSV_has_numbers_without_trailing_zeros()
    {
        var output = new MemoryStream();
        using var writer = BarFileWriter.Create(BarFormat.Csv, output);
        writer.Begin(Symbol.Parse("SPY"), Timeframe.Minute1);
        foreach (var bar in StoredBars().Take(2))
        {
            writer.Add(Row(bar with { Source = "a,\"b\"" }));
        }

        await writer.FinishAsync(Token);
        const string header =
            "symbol,timeframe,timestamp,open,high,low,close,volume,trade_count,vwap,"
            + "spread,spread_ratio,volume_ratio,low_history,source,quality_score";
        Assert.Equal(
            $""""
            {header}
            SPY,1m,2024-01-02T14:30:00Z,100,101.5,99.25,100.00000001,0.00000001,,,2.25,1,0.5,true,"a,""b""",
            SPY,1m,2024-01-02T14:31:00Z,101,102.5,100.25,101.00000001,98765432109876543210.00000001,1,101.5,2.25,2,0.5,false,"a,""b""",0.01

            """",
            Encoding.UTF8.GetString(output.ToArray())
        );
    }

    private static IEnumerable<OhlcvBar> StoredBars() =>
        Enumerable
            .Range(0, 2500)
            .Select(i => new OhlcvBar
            {
                TickerId = i < 2000 ? 1 : 2,
                Timestamp = IncomingBar.InstantOf(Start + i * Minute),
                Open = 100m + i,
                High = 101.50000000m + i,
                Low = 99.25m + i,
                Close = 100.00000001m + i,
                Volume = i == 1 ? 98_765_432_109_876_543_210.00000001m : i + 0.00000001m,
                TradeCount = i % 3 == 0 ? null : i,
                Vwap = i % 4 == 0 ? null : 100.5m + i,
                Spread = 2.25000000m,
                SpreadRatio = 1.0000m + i % 7,
                VolumeRatio = 0.5000m,
                LowHistory = i % 2 == 0,
                Source = i % 2 == 0 ? "alpaca" : "aggregated",
                QualityScore = i % 5 == 0 ? null : 0.01m * (i % 100),
            });

    private static BarRow Row(OhlcvBar bar) =>
        new()
        {
            Time = IncomingBar.TimeOf(bar.Timestamp),
            Open = Units(bar.Open),
            High = Units(bar.High),
            Low = Units(bar.Low),
            Close = Units(bar.Close),
            Volume = (Int128)decimal.Truncate(bar.Volume) * IncomingBar.One + Units(bar.Volume % 1),
            TradeCount = bar.TradeCount ?? BarRow.Null,
            Vwap = bar.Vwap is { } vwap ? Units(vwap) : BarRow.Null,
            Spread = Units(bar.Spread),
            SpreadRatio = Units(bar.SpreadRatio),
            VolumeRatio = Units(bar.VolumeRatio),
            LowHistory = bar.LowHistory,
            Source = Encoding.UTF8.GetBytes(bar.Source),
            QualityScore = bar.QualityScore is { } quality ? Units(quality) : BarRow.Null,
        };

    private static long Units(decimal amount) => (long)(amount * IncomingBar.One);

    private static long Cents(int cents) => cents * (IncomingBar.One / 100);

    private static IEnumerable<ParquetColumn> Prices() =>
        new[] { "open", "high", "low", "close", "volume" }.Select(name => ParquetColumn.Decimal(name, 18, 8));

    private static void Add(ParquetWriter writer, Action time)
    {
        time();
        for (var column = 1; column <= 5; column++)
        {
            writer.AddDecimal(column, 1);
        }
    }

    private static async Task<byte[]> WriteAsync(IReadOnlyList<ParquetColumn> columns, int rows, Action<ParquetWriter, int> add)
    {
        var output = new MemoryStream();
        using var writer = new ParquetWriter(output, columns);
        for (var row = 0; row < rows; row++)
        {
            add(writer, row);
            await writer.EndRowAsync(Token);
        }

        await writer.FinishAsync(Token);
        return output.ToArray();
    }

    private static List<ParquetBarRow> Read(byte[] file, ParquetBarOptions? options = null)
    {
        using var reader = ParquetBarReader.Open(new MemoryStream(file), options ?? new());
        var rows = new List<ParquetBarRow>();
        foreach (var batch in reader.Read(Token))
        {
            rows.AddRange(batch.Span);
        }

        return rows;
    }
}
