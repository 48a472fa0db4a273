using System.Collections.Frozen;
using static Wyckoff.Ingestor.Samples.SampleNoise;

namespace Wyckoff.Ingestor.Samples;

/// <summary>
/// Generates one year of synthetic bars under well-known symbols, for demos, tests and first steps. Only the sessions and the order of
/// magnitude of the prices are those of 2024. Each ticker follows a <see cref="SampleSchedule"/> of Wyckoff phases and events with seeded
/// noise. The bars are the same on every machine and in every run; a test pins their hash.
/// </summary>
public static class SampleMarket
{
    private const string NewYork = "America/New_York";

    private static readonly FrozenDictionary<string, Lazy<Series>> _series = new Dictionary<string, Lazy<Series>>(StringComparer.Ordinal)
    {
        ["AAPL"] = new(() => Generate(SampleSchedule.Aapl)),
        ["TSLA"] = new(() => Generate(SampleSchedule.Tsla)),
        ["SPY"] = new(() => Generate(SampleSchedule.Spy)),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static IReadOnlyList<SampleTicker> Tickers { get; } =
    [
        new("AAPL", "Apple Inc. (synthetic sample)", "NASDAQ", "stock", NewYork),
        new("TSLA", "Tesla, Inc. (synthetic sample)", "NASDAQ", "stock", NewYork),
        new("SPY", "SPDR S&P 500 ETF Trust (synthetic sample)", "NYSE Arca", "etf", NewYork),
    ];

    /// <summary>Returns one bar for each of the 252 sessions; its timestamp is the session date at 00:00 UTC.</summary>
    public static IReadOnlyList<SampleBar> Daily(string symbol) => Of(symbol).Daily;

    /// <summary>
    /// Returns the minute bars of the last 20 sessions of SPY, which aggregate exactly to its daily bars. Other tickers have none.
    /// </summary>
    public static IReadOnlyList<SampleBar> Minutes(string symbol) => Of(symbol).Minutes;

    /// <summary>Returns the Wyckoff events of the schedule, in order of their sessions.</summary>
    public static IReadOnlyList<SampleEvent> Events(string symbol) => Of(symbol).Events;

    private static Series Of(string symbol) =>
        _series.TryGetValue(symbol, out var series)
            ? series.Value
            : throw new ArgumentException(
                $"There is no sample data for '{symbol}', only for {string.Join(", ", Tickers.Select(ticker => ticker.Symbol))}.",
                nameof(symbol)
            );

    private static Series Generate(SampleSchedule schedule)
    {
        var noise = new SampleNoise(schedule.Seed);
        var days = new List<SampleBar>(TradingDays2024.All.Count);
        var events = new List<SampleEvent>();
        foreach (var step in schedule.Steps)
        {
            if (step.Event is not null)
            {
                events.Add(new SampleEvent(step.Event, TradingDays2024.All[days.Count]));
                days.Add(EventBar(schedule, step, days, noise));
            }
            else
            {
                AddLeg(schedule, step, days, noise);
            }
        }
        if (days.Count != TradingDays2024.All.Count)
        {
            throw new InvalidOperationException($"The schedule has {days.Count} sessions, the year {TradingDays2024.All.Count}.");
        }

        var minutes = new List<SampleBar>();
        for (var i = days.Count - schedule.MinuteSessions; i < days.Count; i++)
        {
            var session = SessionMinutes(schedule, days[i], TradingDays2024.All[i], noise);
            minutes.AddRange(session);
            days[i] = Day(TradingDays2024.All[i], session);
        }
        return new Series(days.AsReadOnly(), minutes.AsReadOnly(), events.AsReadOnly());
    }

    private static void AddLeg(SampleSchedule schedule, SampleStep leg, List<SampleBar> days, SampleNoise noise)
    {
        var previous = days.Count == 0 ? schedule.Start : days[^1].Close;
        var sigma = previous * schedule.Volatility * leg.Spread;
        foreach (var (close, heat) in noise.Bridge(previous, leg.Close, leg.Bars, _ => sigma))
        {
            var session = TradingDays2024.All[days.Count];
            var open = Cents(previous + noise.Bell() * sigma * 0.35m);
            var high = Cents(Math.Max(open, close) + (0.22m + 0.42m * Math.Abs(noise.Bell())) * sigma * heat);
            var low = Cents(Math.Min(open, close) - (0.22m + 0.42m * Math.Abs(noise.Bell())) * sigma * heat);
            // Volume grows with the range of the day, as in Wyckoff's law of effort and result.
            var effort = Math.Min(0.55m + 0.3m * (high - low) / sigma, 1.6m) * (0.82m + 0.36m * noise.Even());
            var hours = TradingDays2024.IsEarlyClose(session) ? 0.55m : 1m;
            days.Add(Bar(schedule, Midnight(session), open, high, low, close, schedule.Volume * leg.Volume * effort * hours, noise));
            previous = close;
        }
    }

    private static SampleBar EventBar(SampleSchedule schedule, SampleStep step, List<SampleBar> days, SampleNoise noise)
    {
        var before = days.TakeLast(20).ToList();
        var spread = step.Spread * before.Average(bar => bar.High - bar.Low);
        var down = step.Reach < step.Close;
        var low = down ? step.Reach : Cents(step.Reach - spread);
        var high = down ? Cents(step.Reach + spread) : step.Reach;
        if (step.Close < low || step.Close > high)
        {
            throw new InvalidOperationException($"{step.Event} closes at {step.Close}, outside its own {low} to {high}.");
        }
        // The bar opens at the close of the last session, or as near to it as the spread of the event allows.
        var margin = spread * 0.05m;
        var open = Cents(Math.Clamp(days[^1].Close, low + margin, high - margin));
        var volume = step.Volume * before.Average(bar => (decimal)bar.Volume);
        return Bar(schedule, Midnight(TradingDays2024.All[days.Count]), open, high, low, step.Close, volume, noise);
    }

    /// <summary>
    /// Generates the minutes of a session, from the day's open to its close, with more volume and movement at both ends than at noon. The
    /// caller replaces the daily bar by their aggregate.
    /// </summary>
    private static List<SampleBar> SessionMinutes(SampleSchedule schedule, SampleBar day, DateOnly session, SampleNoise noise)
    {
        var count = TradingDays2024.MinutesOf(session);
        // All sessions with minutes are in December, when New York is five hours behind UTC. A test compares with the time zone.
        var opening = Midnight(session).AddHours(14).AddMinutes(30);
        var sigma = (day.High - day.Low) / 26m; // The range of a bridge of 390 steps is about 25 step widths.
        decimal Busy(int i) => 2m * i / (count - 1) - 1m is var x ? x * x : 0m; // 1 at both ends, 0 at noon.
        var path = noise.Bridge(day.Open, day.Close, count, i => sigma * (0.8m + 0.6m * Busy(i)));
        var weights = new decimal[count];
        for (var i = 0; i < count; i++)
        {
            var move = Math.Abs(path[i].Close - (i == 0 ? day.Open : path[i - 1].Close)) / sigma;
            var auction =
                i == 0 ? 2.5m
                : i == count - 1 ? 5m
                : 1m;
            weights[i] = auction * (0.65m + 1.3m * Busy(i)) * (0.6m + Math.Min(move, 3m) * 0.5m) * (0.6m + 0.8m * noise.Even());
        }

        var perWeight = day.Volume / weights.Sum();
        var minutes = new List<SampleBar>(count);
        for (var i = 0; i < count; i++)
        {
            var open = i == 0 ? day.Open : path[i - 1].Close + decimal.Truncate(noise.Bell() * 1.2m) / 100m;
            var high = Cents(Math.Max(open, path[i].Close) + Math.Abs(noise.Bell()) * sigma * 0.35m);
            var low = Cents(Math.Min(open, path[i].Close) - Math.Abs(noise.Bell()) * sigma * 0.35m);
            minutes.Add(Bar(schedule, opening.AddMinutes(i), open, high, low, path[i].Close, weights[i] * perWeight, noise));
        }
        return minutes;
    }

    private static SampleBar Day(DateOnly session, List<SampleBar> minutes)
    {
        var volume = minutes.Sum(bar => bar.Volume);
        var vwap = decimal.Round(minutes.Sum(bar => bar.Vwap * bar.Volume) / volume, 8, MidpointRounding.AwayFromZero);
        return new SampleBar(
            Midnight(session),
            minutes[0].Open,
            minutes.Max(bar => bar.High),
            minutes.Min(bar => bar.Low),
            minutes[^1].Close,
            volume,
            minutes.Sum(bar => bar.TradeCount),
            vwap
        );
    }

    private static SampleBar Bar(
        SampleSchedule schedule,
        DateTimeOffset timestamp,
        decimal open,
        decimal high,
        decimal low,
        decimal close,
        decimal volume,
        SampleNoise noise
    )
    {
        var shares = (long)volume;
        var trades = Math.Max(1, (int)(shares / (schedule.TradeSize * (0.85m + 0.3m * noise.Even()))));
        return new SampleBar(
            timestamp,
            open,
            high,
            low,
            close,
            shares,
            trades,
            decimal.Round((open + high + low + close) / 4m, 4, MidpointRounding.AwayFromZero)
        );
    }

    private static DateTimeOffset Midnight(DateOnly session) => new(session.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    private sealed record Series(IReadOnlyList<SampleBar> Daily, IReadOnlyList<SampleBar> Minutes, IReadOnlyList<SampleEvent> Events);
}
