using System.Diagnostics;
using System.Globalization;
using Wyckoff.Benchmarks.Load;
using Wyckoff.Primitives;

namespace Wyckoff.Benchmarks.Reading;

/// <summary>Compares the API with psql's COPY for a million minute bars of one symbol as text.</summary>
internal static class LongStreams
{
    private const int Rounds = 3;
    private const int FewMinutes = ReadSetup.LongMinutes / 5;
    private static readonly string[] Formats = ["ndjson", "csv"];

    public static async Task RunAsync(ReadSetup setup, Report report, CancellationToken cancellationToken)
    {
        var ticker = await setup.Tickers.FindAsync(Symbol.Parse(ReadSetup.LongSymbol), cancellationToken);
        var copy = string.Create(
            CultureInfo.InvariantCulture,
            $"""
            COPY (SELECT timestamp, open, high, low, close, volume, trade_count, vwap
                    FROM market.bars_1m
                   WHERE ticker_id = {ticker!.Id} AND timestamp >= '{From(setup, ReadSetup.LongMinutes)}'
                   ORDER BY timestamp) TO STDOUT
            """
        );
        var file = Path.GetTempFileName();
        await setup.Server.PsqlAsync(copy, file, cancellationToken);
        var megabytes = new FileInfo(file).Length / 1e6;
        File.Delete(file);

        await using var few = await setup.StartApiAsync(BenchmarkServer.Main, inProcess: true, redis: true, cancellationToken);
        await using var many = await setup.StartApiAsync(BenchmarkServer.Main, inProcess: true, redis: true, cancellationToken);
        var copies = new List<double>();
        var rates = Formats.ToDictionary(format => format, _ => new List<(double Megabytes, double Rows)>(), StringComparer.Ordinal);
        for (var round = 0; round < Rounds; round++)
        {
            copies.Add(await setup.Server.PsqlAsync(copy, "/dev/null", cancellationToken));
            foreach (var format in Formats)
            {
                var (seconds, bytes) = await ReadAsync(setup, many, ReadSetup.LongMinutes, format, cancellationToken);
                rates[format].Add((bytes / 1e6 / seconds, ReadSetup.LongMinutes / seconds));
                await ReadAsync(setup, few, FewMinutes, format, cancellationToken);
            }
        }

        report.Add("1 M minutes: psql COPY TO STDOUT", Report.Median(copies.Select(seconds => megabytes / seconds)), "MB/s");
        report.Add(
            "1 M minutes: psql COPY TO STDOUT, rows",
            Report.Median(copies.Select(seconds => ReadSetup.LongMinutes / seconds)),
            "rows/s"
        );
        foreach (var format in Formats)
        {
            var name = format.ToUpperInvariant();
            report.Add($"1 M minutes: {name}", Report.Median(rates[format].Select(rate => rate.Megabytes)), "MB/s");
            report.Add(
                $"1 M minutes: {name}, over COPY",
                Report.Median(rates[format].Zip(copies, (rate, seconds) => rate.Megabytes / (megabytes / seconds))),
                "×",
                0.5,
                higherIsBetter: true
            );
            report.Add(
                $"1 M minutes: {name}, rows over COPY",
                Report.Median(rates[format].Zip(copies, (rate, seconds) => rate.Rows / (ReadSetup.LongMinutes / seconds))),
                "×"
            );
        }

        report.Add("1 M minutes: peak memory of the API", many.PeakMegabytes, "MB");
        report.Add("1 M minutes: peak memory over that of 200 k", many.PeakMegabytes / few.PeakMegabytes, "×", 1.25);
        var peaks = FormattableString.Invariant($"peak {many.PeakMegabytes:0} MB, of 200 k {few.PeakMegabytes:0} MB");
        Report.Log($"1 M minutes: COPY {Report.Median(copies):0.00} s, {peaks}; load {ProcessFigures.LoadAverage()}");
    }

    private static string From(ReadSetup setup, int minutes) =>
        setup.LastMinute.AddMinutes(1 - minutes).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static async Task<(double Seconds, long Bytes)> ReadAsync(
        ReadSetup setup,
        HostProcess host,
        int minutes,
        string format,
        CancellationToken cancellationToken
    )
    {
        using var connection = await HttpConnection.ConnectAsync(host.Port, cancellationToken);
        var request = HttpConnection.Get(
            string.Create(
                CultureInfo.InvariantCulture,
                $"/v1/bars/{ReadSetup.LongSymbol}?timeframe=1m&from={From(setup, minutes)}&limit={minutes}&format={format}"
            ),
            "*/*"
        );
        var lines = 0;
        var watch = Stopwatch.StartNew();
        var bytes = await connection.ExchangeAsync(request, piece => lines += piece.Count((byte)'\n'), cancellationToken);
        var seconds = watch.Elapsed.TotalSeconds;
        var expected = format == "csv" ? minutes + 1 : minutes;
        return lines == expected
            ? (seconds, bytes)
            : throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"{lines} lines of {format} came, and {expected} were expected.")
            );
    }
}
