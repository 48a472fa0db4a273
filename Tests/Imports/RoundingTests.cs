using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using Wyckoff.Api;
using Wyckoff.Bars;
using Wyckoff.Imports;
using Wyckoff.Imports.Parquet;
using Wyckoff.Imports.Records;
using Wyckoff.Ingestor.Imports;
using Wyckoff.Parquet;
using Wyckoff.Tests.Api;

namespace Wyckoff.Tests.Imports;

/// <summary>With the option to round, float noise is rounded and counted. Without, it is rejected.</summary>
public sealed class RoundingTests(TestDatabase database) : ApiTestBase(database)
{
    private const string Noise =
        "timestamp,open,high,low,close,volume\n2024-01-02T14:30:00Z,0.30000000000000004,101.30999755859375,0.1,101.25,10\n"
        + "2024-01-02T14:31:00Z,1.5,2.25,0.5,1.5,12.5\n";

    [Fact]
    public async Task Noise_is_rejected_with_the_option_that_accepts_it()
    {
        var imported = await ImportedText.OfAsync(Noise);
        Assert.Equal(
            "open 0.30000000000000004: at most 8 digits after the point were expected (--round N rounds to N digits)",
            Assert.Single(imported.Rejects).Reason
        );
        Assert.Single(imported.Bars);
    }

    [Theory]
    [InlineData(8, "0.3 101.30999756 0.1 101.25 10", "1.5 2.25 0.5 1.5 12.5")]
    [InlineData(2, "0.3 101.31 0.1 101.25 10", "1.5 2.25 0.5 1.5 12.5")]
    [InlineData(1, "0.3 101.3 0.1 101.3 10", "1.5 2.3 0.5 1.5 12.5")]
    public async Task Prices_and_volumes_are_rounded(int decimals, string first, string second)
    {
        var imported = await ImportedText.OfAsync(Noise, ImportedText.Spy with { Round = decimals });
        Assert.Empty(imported.Rejects);
        Assert.Equal(
            ["2024-01-02T14:30:00Z " + first, "2024-01-02T14:31:00Z " + second],
            imported.Bars.Select(row => ImportedText.Line(row.Bar))
        );
    }

    [Fact]
    public async Task A_price_that_rounds_to_0_is_rejected() =>
        Assert.StartsWith(
            "open 0: more than 0 was expected",
            Assert.Single((await ImportedText.OfAsync(Noise, ImportedText.Spy with { Round = 0 })).Rejects).Reason,
            StringComparison.Ordinal
        );

    [Fact]
    public async Task Scaled_prices_are_rounded_after_the_division()
    {
        var imported = await ImportedText.OfAsync(
            "timestamp,open,high,low,close,volume\n2024-01-02T14:30:00Z,4721650,4721650.00001,4721549,4721600,10.5\n",
            ImportedText.Spy with
            {
                Round = 2,
                PriceScale = 10_000,
            }
        );
        Assert.Equal("2024-01-02T14:30:00Z 472.17 472.17 472.15 472.16 10.5", ImportedText.Line(Assert.Single(imported.Bars).Bar));
    }

    [Fact]
    public async Task Rounded_rows_are_counted_and_mentioned()
    {
        using var response = await Client.PostAsync(
            "/v1/imports?symbol=NOISE&timeframe=1m&round=2",
            new StringContent(Noise + "2024-01-02T14:32:00Z,1.001,0.1,0.5,1.5,10\n", Encoding.UTF8, "text/csv"),
            Token
        );
        var upload = (await response.Content.ReadFromJsonAsync<UploadResponse>(Token))!;
        // The third row was rounded, too, but it is a reject.
        Assert.Equal((2L, 1L, 1L), (upload.Inserted, upload.Rejected, upload.Rounded));
        var file = Assert.Single(upload.Imports);
        Assert.Equal(1, file.Rounded);
        Assert.Contains("Numbers of 1 row were rounded to 2 decimals (--round).", file.Notes);
        var detail = (await Client.GetFromJsonAsync<ImportDetailResponse>($"/v1/imports/{file.Id}", Token))!;
        Assert.Equal(1, detail.Import.Rounded);
        Assert.Equal(1L, await Database.ScalarAsync<long>("SELECT rows_rounded FROM market.import_batches WHERE id = $1", file.Id));
        Assert.Equal(
            101.31m,
            await Database.ScalarAsync<decimal>(
                "SELECT high FROM ohlcv_bars WHERE symbol = 'NOISE' AND timeframe = '1m' AND timestamp = '2024-01-02 14:30Z'"
            )
        );
    }

    [Theory]
    [InlineData("9")]
    [InlineData("-1")]
    [InlineData("two")]
    public async Task Only_0_to_8_decimals_can_be_kept(string decimals)
    {
        using var response = await Client.PostAsync(
            $"/v1/imports?symbol=NOISE&timeframe=1m&round={decimals}",
            new StringContent(Noise, Encoding.UTF8, "text/csv"),
            Token
        );
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains(
            $"'{decimals}' is not a whole number from 0 to 8.",
            await response.Content.ReadAsStringAsync(Token),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Only_a_set_option_belongs_to_the_identity_of_an_import()
    {
        Assert.DoesNotContain("round", new ImportOptions().ToJson(), StringComparison.Ordinal);
        Assert.Contains("\"round\":\"2\"", new ImportOptions { Round = 2 }.ToJson(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "2 rows: 2 inserted, 0 updated, 0 skipped (0 duplicates), 0 rejected; ")]
    [InlineData(1, "2 rows: 2 inserted, 0 updated, 0 skipped (0 duplicates), 0 rejected, 1 rounded; ")]
    public void The_summary_has_the_number_of_rounded_rows(long rounded, string counts)
    {
        var output = new StringWriter(CultureInfo.InvariantCulture);
        ImportSummary.Write(
            output,
            [
                new()
                {
                    Id = 1,
                    File = "x.csv",
                    Status = ImportStatus.Completed,
                    Inserted = 2,
                    Rounded = rounded,
                },
            ],
            TimeSpan.FromSeconds(1)
        );
        Assert.Contains(counts, output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Numbers_of_every_type_in_Parquet_are_rounded()
    {
        var stream = new MemoryStream();
        using (
            var writer = new ParquetWriter(
                stream,
                [
                    ParquetColumn.Timestamp("timestamp"),
                    ParquetColumn.Double("open"),
                    ParquetColumn.Decimal("high", 20, 10),
                    ParquetColumn.Text("low"),
                    ParquetColumn.Int32("close"),
                    ParquetColumn.Double("volume"),
                ]
            )
        )
        {
            foreach (var (open, volume) in new[] { (0.1 + 0.2, 187.14999389648438), (0.25, 187.0) })
            {
                writer.Add(0, 1_704_205_800_000_000);
                writer.Add(1, open);
                writer.AddUnscaled(2, open < 0.3 ? 20_000_000_000 : 20_050_000_000);
                writer.Add(3, open < 0.3 ? "0.25" : "0.2449");
                writer.Add(4, 1);
                writer.Add(5, volume);
                await writer.EndRowAsync(Token);
            }

            await writer.FinishAsync(Token);
        }

        stream.Position = 0;
        Assert.Equal(
            ["0.3 2.01 0.24 1 187.15 True", "0.25 2 0.25 1 187 False"],
            Read(stream, 2)
                .Select(row =>
                    string.Join(
                        ' ',
                        ((Int128[])[row.Bar.Open, row.Bar.High, row.Bar.Low, row.Bar.Close, row.Bar.Volume]).Select(IncomingBar.Text)
                    ) + $" {row.IsRounded}"
                )
        );
        Assert.EndsWith(
            "at most 8 digits after the point were expected (--round N rounds to N digits)",
            Read(stream, null)[0].Reason,
            StringComparison.Ordinal
        );
    }

    private static List<ParquetBarRow> Read(Stream stream, int? round)
    {
        using var reader = ParquetBarReader.Open(stream, new() { Round = round });
        return [.. reader.Read(Token).SelectMany(batch => batch.ToArray())];
    }
}
