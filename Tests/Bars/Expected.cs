using System.Numerics;
using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Bars;

/// <summary>
/// Computes which bars must be stored from the bars that were written, in the simplest way: coarser bars by plain aggregation, derived
/// fields in one pass. Compares them with the stored bars.
/// </summary>
internal static class Expected
{
    private sealed record Row(IncomingBar Bar, bool Aggregated, int Quality);

    public static void Check(
        TestDatabase database,
        int ticker,
        TimeZoneInfo zone,
        Dictionary<Timeframe, SortedDictionary<long, IncomingBar>> written
    )
    {
        var rows = new Dictionary<Timeframe, List<Row>>();
        Timeframe? finer = null;
        foreach (var timeframe in Timeframe.Stored)
        {
            var own = written[timeframe];
            var made =
                timeframe.IsDaily ? Days(rows, zone)
                : finer is { } source ? Buckets(rows[source], bar => bar.Time - Modulo(bar.Time, timeframe.Microseconds))
                : [];
            var all = made.Where(row => !own.ContainsKey(row.Bar.Time))
                .Concat(own.Values.Select(bar => new Row(bar, false, 0)))
                .OrderBy(row => row.Bar.Time)
                .ToList();
            var derivation = new BarDerivation(timeframe, new(zone));
            var expected = new List<string>();
            rows[timeframe] = [];
            foreach (var row in all)
            {
                var derived = derivation.Next(row.Bar);
                var quality = row.Aggregated ? row.Quality : derived.Quality;
                rows[timeframe].Add(row with { Quality = quality });
                expected.Add($"{row.Bar} {derived with { Quality = quality }} {row.Aggregated}");
            }

            Assert.Equal(expected, Stored(database, ticker, timeframe));
            finer = timeframe;
        }
    }

    private static IEnumerable<Row> Days(Dictionary<Timeframe, List<Row>> rows, TimeZoneInfo zone)
    {
        var sources = Timeframe.Stored.Where(timeframe => timeframe.Width <= Timeframe.Hour1.Width).ToList();
        var sessions = sources
            .SelectMany(source => rows[source].Select(row => (Source: source, Date: Date(row.Bar), Row: row)))
            .GroupBy(row => row.Date);
        foreach (var session in sessions)
        {
            var hours = session
                .GroupBy(row => row.Source)
                .ToDictionary(
                    group => group.Key,
                    group => group.Select(row => row.Row.Bar.Time / Timeframe.Hour1.Microseconds).Distinct().Count()
                );
            var finest = sources.First(source => hours.TryGetValue(source, out var count) && count == hours.Values.Max());
            yield return Buckets([.. session.Where(row => row.Source == finest).Select(row => row.Row)], _ => session.Key).Single();
        }

        long Date(IncomingBar bar) => IncomingBar.TimeOf(new(TimeZoneInfo.ConvertTime(bar.Timestamp, zone).Date, TimeSpan.Zero));
    }

    private static IEnumerable<Row> Buckets(List<Row> rows, Func<IncomingBar, long> bucket) =>
        rows.GroupBy(row => bucket(row.Bar))
            .Select(group =>
            {
                var parts = group.OrderBy(row => row.Bar.Time).ToList();
                var volume = parts.Aggregate(BigInteger.Zero, (sum, row) => sum + row.Bar.Volume);
                var turnover = parts.Aggregate(
                    BigInteger.Zero,
                    (sum, row) =>
                        sum
                        + (row.Bar.Vwap != 0 ? 3 * (BigInteger)row.Bar.Vwap : (BigInteger)row.Bar.High + row.Bar.Low + row.Bar.Close)
                            * row.Bar.Volume
                );
                var trades = parts.Exists(row => row.Bar.TradeCount == IncomingBar.Unknown)
                    ? IncomingBar.Unknown
                    : parts.Sum(row => row.Bar.TradeCount);
                var vwap = volume.IsZero ? 0 : (2 * turnover + turnover.Sign * 3 * volume) / (6 * volume);
                return new Row(
                    new(
                        group.Key,
                        parts[0].Bar.Open,
                        parts.Max(row => row.Bar.High),
                        parts.Min(row => row.Bar.Low),
                        parts[^1].Bar.Close,
                        (Int128)volume,
                        trades,
                        (long)vwap
                    ),
                    true,
                    parts.Min(row => row.Quality)
                );
            });

    private static List<string> Stored(TestDatabase database, int ticker, Timeframe timeframe)
    {
        using var command = database.Admin.CreateCommand(
            $"""
            SELECT timestamp, open, high, low, close, volume, trade_count, vwap, spread_ratio, volume_ratio, low_history, quality_score,
              source = 'aggregated', spread = high - low
              FROM {MarketSchema.BarsTable(timeframe)}
             WHERE ticker_id = {ticker}
             ORDER BY timestamp
            """
        );
        using var reader = command.ExecuteReader();
        var stored = new List<string>();
        while (reader.Read())
        {
            Assert.True(reader.GetBoolean(13));
            var bar = IncomingBars.Of(reader);
            var derived = new BarDerivation.Fields(
                (long)(reader.GetDecimal(8) * 10_000),
                (long)(reader.GetDecimal(9) * 10_000),
                reader.GetBoolean(10),
                (int)(reader.GetDecimal(11) * 100)
            );
            stored.Add($"{bar} {derived} {reader.GetBoolean(12)}");
        }

        return stored;
    }

    private static long Modulo(long value, long width) => ((value % width) + width) % width;
}
