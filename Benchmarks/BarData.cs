using System.Globalization;
using System.Text;
using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Benchmarks;

/// <summary>Generates bars of many symbols that are the same in every run.</summary>
internal static class BarData
{
    public const int Symbols = 50;
    private const int SessionMinutes = 390;
    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

    public static string SymbolName(int symbol) => string.Create(CultureInfo.InvariantCulture, $"B{symbol:00}");

    /// <summary>Returns minute bars in sessions of 390 minutes from 09:30 in New York, in order of time.</summary>
    public static IEnumerable<IncomingBar> Bars(int symbol, int count)
    {
        var walk = new Walk(symbol);
        var day = new DateTime(2021, 1, 4, 9, 30, 0, DateTimeKind.Unspecified);
        for (var i = 0; i < count; i++)
        {
            if (i > 0 && i % SessionMinutes == 0)
            {
                day = day.AddDays(day.DayOfWeek == DayOfWeek.Friday ? 3 : 1);
            }

            yield return walk.Next(TimeZoneInfo.ConvertTimeToUtc(day.AddMinutes(i % SessionMinutes), NewYork));
        }
    }

    /// <summary>Returns daily bars of the weekdays of some years up to <paramref name="last"/>, oldest first.</summary>
    public static IncomingBar[] Days(int symbol, DateOnly last, int years)
    {
        var walk = new Walk(symbol);
        var bars = new List<IncomingBar>(years * 262);
        for (var day = last.AddYears(-years).AddDays(1); day <= last; day = day.AddDays(1))
        {
            if (day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday))
            {
                bars.Add(walk.Next(day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc)));
            }
        }

        return [.. bars];
    }

    /// <summary>Returns minute bars of a market that never closes, up to <paramref name="last"/>.</summary>
    public static IncomingBar[] Minutes(int symbol, DateTimeOffset last, int count)
    {
        var walk = new Walk(symbol);
        var bars = new IncomingBar[count];
        for (var i = 0; i < count; i++)
        {
            bars[i] = walk.Next(last.AddMinutes(i + 1 - count));
        }

        return bars;
    }

    /// <summary>Writes a CSV file like those of data vendors, ordered by symbol and time.</summary>
    public static async Task WriteVendorFileAsync(string path, int rows, CancellationToken cancellationToken, long moreVolume = 0)
    {
        await using var file = new StreamWriter(path, append: false, Encoding.ASCII, 1 << 20);
        await file.WriteLineAsync("symbol,timestamp,open,high,low,close,volume,trade_count,vwap");
        for (var symbol = 0; symbol < Symbols; symbol++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var bar in Bars(symbol, rows / Symbols))
            {
                var values = Values(bar with { Volume = bar.Volume + moreVolume });
                await file.WriteLineAsync(
                    string.Create(CultureInfo.InvariantCulture, $"{SymbolName(symbol)},{bar.Timestamp:yyyy-MM-ddTHH:mm:ssZ},{values}")
                );
            }
        }
    }

    /// <summary>Writes the table rows that an import makes of the vendor's file, as CSV for \copy.</summary>
    public static async Task WriteTableFileAsync(string path, int rows, IReadOnlyList<int> tickers, CancellationToken cancellationToken)
    {
        await using var file = new StreamWriter(path, append: false, Encoding.ASCII, 1 << 20);
        for (var symbol = 0; symbol < Symbols; symbol++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var derivation = new BarDerivation(Timeframe.Minute1, new(NewYork));
            foreach (var bar in Bars(symbol, rows / Symbols))
            {
                var derived = derivation.Next(bar);
                await file.WriteLineAsync(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{tickers[symbol]},{bar.Timestamp:yyyy-MM-dd HH:mm:ssZ},{Values(bar)},{Text(bar.High - bar.Low)},"
                            + $"{derived.SpreadRatio / 10_000m},{derived.VolumeRatio / 10_000m},"
                            + $"{(derived.LowHistory ? 't' : 'f')},import,{derived.Quality / 100m}"
                    )
                );
            }
        }
    }

    private static long Cents(long cents) => cents * (IncomingBar.One / 100);

    /// <summary>Returns the columns that the vendor's file and the table have in common.</summary>
    private static string Values(in IncomingBar bar) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Text(bar.Open)},{Text(bar.High)},{Text(bar.Low)},{Text(bar.Close)},{Text(bar.Volume)},{bar.TradeCount},{Text(bar.Vwap)}"
        );

    private static string Text(Int128 amount) => IncomingBar.Text(amount);

    /// <summary>A random walk in steps of a cent.</summary>
    private sealed class Walk
    {
        private readonly Random _random;
        private int _price;

        public Walk(int symbol)
        {
            _random = new(symbol);
            _price = 2_000 + _random.Next(40_000);
        }

        public IncomingBar Next(DateTimeOffset time)
        {
            var open = _price;
            _price = Math.Max(100, _price + _random.Next(-20, 21));
            var (low, high) = (Math.Min(open, _price) - _random.Next(8), Math.Max(open, _price) + _random.Next(8));
            return new(
                IncomingBar.TimeOf(time),
                Cents(open),
                Cents(high),
                Cents(low),
                Cents(_price),
                _random.Next(100, 200_000) * (Int128)IncomingBar.One,
                _random.Next(1, 900),
                Cents(low + high) / 2
            );
        }
    }
}
