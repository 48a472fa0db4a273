using Wyckoff.Primitives;

namespace Wyckoff.Tests.Imports;

/// <summary>Files of common vendors are imported without options except the symbol and the timeframe.</summary>
public sealed class VendorTests
{
    private static readonly string Folder = Path.Combine(Run.Root, "Tests", "Imports", "Vendors");

    // The bars that the files hold, as far as the vendor has the fields.
    private const string Day1 = "2024-01-02T00:00:00Z 472.16 473.67 470.49 472.65 123007800";
    private const string Day2 = "2024-01-16T00:00:00Z 470.43 471.19 468.17 468.79 103585900";
    private const string Minute1 = "2024-01-16T14:30:00Z 471.5 471.75 471.25 471.6 15000";
    private const string Minute2 = "2024-01-16T14:31:00Z 471.6 471.9 471.55 471.85 12250.5";

    public static TheoryData<string, string, string[]> Vendors =>
        new()
        {
            { "websites/yahoo.csv", "1d", [Day1, Day2] },
            { "websites/yahoo_yfinance.csv", "1d", [Day1, Day2] },
            { "websites/stooq_daily.csv", "1d", [Day1, Day2] },
            {
                "websites/stooq_5m.txt",
                "5m",
                ["2024-01-16T14:30:00Z 471.5 471.75 471.25 471.6 15000", "2024-01-16T14:35:00Z 471.6 471.9 471.55 471.85 12250"]
            },
            { "brokers/alpaca.csv", "1m", [Minute1 + " n=120 vw=471.512345", Minute2 + " n=98 vw=471.7"] },
            { "brokers/alpaca_long.csv", "1m", [Minute1 + " n=120 vw=471.512345", Minute2 + " n=98 vw=471.7"] },
            { "providers/polygon.csv", "1m", [Minute1 + " n=120", Minute2 + " n=98"] },
            {
                "platforms/lean_daily.csv",
                "1d",
                [
                    "2024-01-02T00:00:00Z 4721600 4736700 4704900 4726500 123007800",
                    "2024-01-16T00:00:00Z 4704300 4711900 4681700 4687900 103585900",
                ]
            },
            {
                "platforms/equity/usa/minute/spy/20240116_trade.csv",
                "1m",
                [
                    Minute1
                        .Replace("471", "4715000")
                        .Replace("4715000.5 4715000.75 4715000.25 4715000.6", "4715000 4717500 4712500 4716000"),
                    "2024-01-16T14:31:00Z 4716000 4719000 4715500 4718500 12250",
                ]
            },
            { "platforms/tradingview.csv", "1m", [Minute1, Minute2] },
            {
                "platforms/tradingview_iso.csv",
                "1d",
                ["2024-01-02T14:30:00Z 472.16 473.67 470.49 472.65 123007800", "2024-01-16T14:30:00Z 470.43 471.19 468.17 468.79 103585900"]
            },
            { "platforms/pandas_index.csv", "1d", [Day1, Day2] },
            { "platforms/pandas_row_numbers.csv", "1d", [Day1, Day2] },
            { "platforms/pandas_levels.csv", "1d", [Day1, Day2] },
            { "platforms/backtrader_unnamed.csv", "1d", [Day1, Day2] },
            { "platforms/r_row_names.csv", "1d", [Day1, Day2] },
            { "platforms/short_rows.csv", "1d", [Day1, Day2] },
            { "crypto/binance.csv", "1m", [Minute1 + " n=120", Minute2 + " n=98"] },
            {
                "crypto/binance_2025.csv",
                "1m",
                [
                    "2025-01-16T14:30:00Z 471.5 471.75 471.25 471.6 15000 n=120",
                    "2025-01-16T14:31:00Z 471.6 471.9 471.55 471.85 12250.5 n=98",
                ]
            },
            {
                "platforms/metatrader4.csv",
                "1m",
                ["2024-01-16T14:30:00Z 471.5 471.75 471.25 471.6 15000", "2024-01-16T14:31:00Z 471.6 471.9 471.55 471.85 12250"]
            },
            {
                "platforms/metatrader5.csv",
                "1m",
                ["2024-01-16T14:30:00Z 471.5 471.75 471.25 471.6 15000", "2024-01-16T14:31:00Z 471.6 471.9 471.55 471.85 12250"]
            },
            { "platforms/metatrader5_daily.csv", "1d", [Day1, Day2] },
            { "crypto/kraken.csv", "1m", [Minute1 + " n=120", Minute2 + " n=98"] },
            { "crypto/coinbase.csv", "1m", [Minute1, Minute2] },
            { "crypto/cryptodatadownload.csv", "1m", [Minute2, Minute1] },
            { "brokers/dukascopy.csv", "1m", [Minute1, Minute2] },
            {
                "providers/histdata.csv",
                "1m",
                ["2024-01-16T14:30:00Z 471.5 471.75 471.25 471.6 0", "2024-01-16T14:31:00Z 471.6 471.9 471.55 471.85 0"]
            },
            {
                "providers/histdata_metatrader.csv",
                "1m",
                ["2024-01-16T14:30:00Z 471.5 471.75 471.25 471.6 0", "2024-01-16T14:31:00Z 471.6 471.9 471.55 471.85 0"]
            },
            { "providers/firstrate.txt", "1m", [Minute1, Minute2] },
            {
                "providers/kibot.txt",
                "1m",
                ["2024-01-02T14:30:00Z 471.5 471.75 471.25 471.6 15000", "2024-01-02T14:31:00Z 471.6 471.9 471.55 471.85 12250"]
            },
            { "providers/kibot_daily.txt", "1d", [Day1, "2024-01-03T00:00:00Z 470.43 471.19 468.17 468.79 103585900"] },
            { "providers/eodhd.csv", "1d", [Day1, Day2] },
            { "providers/eodhd_intraday.csv", "1m", [Minute1, Minute2] },
            { "websites/nasdaq.csv", "1d", [Day2, Day1] },
            {
                "websites/investing.csv",
                "1d",
                [
                    "2024-01-03T00:00:00Z 4470.43 4471.19 4468.17 4468.79 103590000",
                    "2024-01-02T00:00:00Z 4472.16 4473.67 4470.49 4472.65 1230000",
                ]
            },
            {
                "websites/investing_named.csv",
                "1d",
                ["2024-01-16T00:00:00Z 470.43 471.19 468.17 468.79 103590000", "2024-01-02T00:00:00Z 472.16 473.67 470.49 472.65 1230000"]
            },
            { "providers/alphavantage.csv", "1d", [Day2, Day1] },
            { "providers/tiingo.csv", "1d", [Day1, Day2] },
            { "providers/twelvedata.csv", "1d", [Day2, Day1] },
            {
                "brokers/german_broker.csv",
                "1d",
                ["2024-01-02T00:00:00Z 472.16 473.67 470.49 472.65 123007", "2024-01-16T00:00:00Z 470.43 471.19 468.17 468.79 103585.5"]
            },
        };

    [Theory]
    [MemberData(nameof(Vendors))]
    public async Task A_vendor_file_is_imported_without_further_options(string file, string timeframe, string[] expected)
    {
        var bytes = await File.ReadAllBytesAsync(Path.Combine(Folder, file), TestContext.Current.CancellationToken);
        var imported = await ImportedText.OfAsync(
            bytes,
            new() { Symbol = Symbol.Parse("SPY"), Timeframe = Timeframe.Parse(timeframe) },
            Path.Combine(Folder, file)
        );
        Assert.Equal([], imported.Rejects);
        Assert.Equal(expected, imported.Bars.Select(row => ImportedText.Line(row.Bar)));
        Assert.All(imported.Bars, row => Assert.Equal($"SPY {timeframe}", row.Series));
    }

    [Fact]
    public void Every_vendor_file_is_tested() =>
        Assert.Equal(
            Directory
                .EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
            Vendors.Select(row => row.Data.Item1).Order(StringComparer.Ordinal)
        );
}
