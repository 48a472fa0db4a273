using System.Globalization;

namespace Wyckoff.Web.Pages.Market;

/// <summary>Writes prices, changes and volumes for people.</summary>
internal static class Figures
{
    public const string Unknown = "–";

    private static readonly (decimal From, string Suffix)[] Scales = [(1e12m, " T"), (1e9m, " B"), (1e6m, " M"), (1e5m, " k")];

    /// <summary>A price with the decimals that its size needs: as many as are stored, from two to eight.</summary>
    public static string Price(decimal? price) =>
        price is { } value ? value.ToString("#,##0.00######;−#,##0.00######", CultureInfo.InvariantCulture) : Unknown;

    /// <summary>A price in a list: with at most four decimals, unless it is below 1.</summary>
    public static string Short(decimal? price) =>
        Price(price is { } value && Math.Abs(value) >= 1 ? Math.Round(value, 4, MidpointRounding.AwayFromZero) : price);

    /// <summary>A change in percent, with its sign.</summary>
    public static string Percent(decimal? percent) =>
        percent is { } value ? value.ToString("+#,##0.00;−#,##0.00;0.00", CultureInfo.InvariantCulture) + " %" : Unknown;

    /// <summary>An amount with its sign.</summary>
    public static string Change(decimal? change) =>
        change is { } value ? value.ToString("+#,##0.00######;−#,##0.00######;0.00", CultureInfo.InvariantCulture) : Unknown;

    /// <summary>A volume, shortened from 100,000 on.</summary>
    public static string Volume(decimal? volume)
    {
        if (volume is not { } value)
        {
            return Unknown;
        }

        foreach (var (from, suffix) in Scales)
        {
            if (value >= from)
            {
                var unit = from == 1e5m ? 1e3m : from;
                return (value / unit).ToString("#,##0.0", CultureInfo.InvariantCulture) + suffix;
            }
        }

        return value.ToString("#,##0.##", CultureInfo.InvariantCulture);
    }

    /// <summary>A computed value with five significant digits or two decimals, whichever is more.</summary>
    public static string Rounded(decimal? value)
    {
        if (value is not { } number)
        {
            return Unknown;
        }

        var decimals = Math.Clamp(4 - (number == 0 ? 4 : (int)Math.Floor(Math.Log10(Math.Abs((double)number)))), 2, 8);
        return Math.Round(number, decimals).ToString("#,##0.00######", CultureInfo.InvariantCulture);
    }

    /// <summary>A quality score from 0 to 1.</summary>
    public static string Score(decimal? score) => score?.ToString("0.0000", CultureInfo.InvariantCulture) ?? Unknown;

    public static string Count(long count) => count.ToString("#,##0", CultureInfo.InvariantCulture);

    /// <summary>The class that colors a change.</summary>
    public static string? Direction(decimal? change) =>
        change switch
        {
            > 0 => "rise",
            < 0 => "fall",
            _ => null,
        };

    /// <summary>The change from the first to the last price in percent; null if there is none, or a price is not positive.</summary>
    public static decimal? ChangePct(IReadOnlyList<decimal> prices) =>
        prices is [> 0 and var first, .., var last] ? 100 * (last - first) / first : null;

    /// <summary>Reads a number of an address; false if the text is none. Empty text is no number, but no error either.</summary>
    public static bool TryRead(string? text, out decimal? number)
    {
        number = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            return true;
        }

        var read = decimal.TryParse(
            text,
            NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out var value
        );
        number = read ? value : null;
        return read;
    }

    public static string? NullIfEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
