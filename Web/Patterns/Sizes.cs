using System.Globalization;

namespace Wyckoff.Web.Patterns;

/// <summary>Writes amounts for people.</summary>
internal static class Sizes
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB"];

    /// <summary>Bytes such as 1.5 MB; a dash for null.</summary>
    public static string Bytes(long? bytes)
    {
        if (bytes is not { } value)
        {
            return "–";
        }

        var (amount, unit) = ((double)value, 0);
        while (amount >= 1000 && unit < Units.Length - 1)
        {
            (amount, unit) = (amount / 1000, unit + 1);
        }

        return string.Create(CultureInfo.InvariantCulture, $"{amount:0.#} {Units[unit]}");
    }

    /// <summary>Thousands with separators; a dash for null.</summary>
    public static string Count(long? count) => count?.ToString("N0", CultureInfo.InvariantCulture) ?? "–";

    /// <summary>A share of one in percent; a dash for null.</summary>
    public static string Percent(decimal? share) =>
        share is { } value ? (value * 100).ToString("0.#", CultureInfo.InvariantCulture) + " %" : "–";

    /// <summary>A time span in its two largest units, such as 2 d 3 h; a dash for null.</summary>
    public static string Duration(long? seconds) =>
        seconds is not { } value ? "–"
        : TimeSpan.FromSeconds(value) is var span && span.Days > 0 ? $"{Count(span.Days)} d{Rest(span.Hours, "h")}"
        : span.Hours > 0 ? $"{span.Hours} h{Rest(span.Minutes, "min")}"
        : span.Minutes > 0 ? $"{span.Minutes} min"
        : $"{span.Seconds} s";

    /// <summary>An interval as PostgreSQL writes it, such as 12:00:00 or 1 day, in the same units.</summary>
    public static string Interval(string? interval) =>
        TimeSpan.TryParseExact(interval, @"hh\:mm\:ss", CultureInfo.InvariantCulture, out var span)
            ? Duration((long)span.TotalSeconds)
            : interval ?? "–";

    private static string Rest(int amount, string unit) => amount == 0 ? "" : $" {amount} {unit}";
}
