using System.Globalization;

namespace Wyckoff.Web.Pages.Data;

/// <summary>The addresses that pages about data link.</summary>
internal static class DataLinks
{
    private const int BarsAfter = 40;

    /// <summary>The chart of a symbol.</summary>
    public static string Chart(string symbol, string timeframe) => With("/chart", ("symbol", symbol), ("timeframe", timeframe));

    /// <summary>The chart of a symbol with an instant in view. The chart's "at" is where the view ends, some bars later.</summary>
    public static string ChartAround(string symbol, string timeframe, DateTimeOffset instant) =>
        With("/chart", ("symbol", symbol), ("timeframe", timeframe), ("at", Text(instant + BarsAfter * WidthOf(timeframe))));

    /// <summary>The sync of a range.</summary>
    public static string Sync(string symbol, string timeframe, DateTimeOffset from, DateTimeOffset to) =>
        With("/data/sync", ("symbol", symbol), ("timeframe", timeframe), ("from", Text(from)), ("to", Text(to)));

    public static string Quality(string symbol, string timeframe) => With("/data/quality", ("symbol", symbol), ("timeframe", timeframe));

    /// <summary>An address with a query of the parameters that have a value.</summary>
    public static string With(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = QueryString.Empty;
        foreach (var (name, value) in parameters)
        {
            query = string.IsNullOrEmpty(value) ? query : query.Add(name, value);
        }

        return path + query;
    }

    /// <summary>An instant for an address: a date if it is midnight, else with the time.</summary>
    public static string Text(DateTimeOffset instant)
    {
        var utc = instant.ToUniversalTime();
        return utc.ToString(utc.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
    }

    /// <summary>The instant that a text of an address means, in UTC without an offset; null if it means none.</summary>
    public static DateTimeOffset? Instant(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant : null;

    /// <summary>The width of a bar of a stored timeframe.</summary>
    public static TimeSpan WidthOf(string timeframe) =>
        timeframe switch
        {
            "1m" => TimeSpan.FromMinutes(1),
            "5m" => TimeSpan.FromMinutes(5),
            "15m" => TimeSpan.FromMinutes(15),
            "30m" => TimeSpan.FromMinutes(30),
            "1h" => TimeSpan.FromHours(1),
            "4h" => TimeSpan.FromHours(4),
            _ => TimeSpan.FromDays(1),
        };
}
