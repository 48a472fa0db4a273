using System.Globalization;
using Npgsql;
using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Imports.Guessing;

/// <summary>
/// Compares the first price of a series with the stored bars around it. Prices that are a power of ten apart were probably stored with
/// another scale; a reverse split may be the reason, too, so this is only a note.
/// </summary>
internal static class PriceJumps
{
    /// <summary>A stored bar further away than this says nothing about the scale.</summary>
    private static readonly TimeSpan Reach = TimeSpan.FromDays(31);

    /// <summary>How far prices may move beside the factor: by a quarter.</summary>
    private const double Tolerance = 1.25;

    /// <summary>The power of ten by which a price differs from another; 1 if it does not differ by one.</summary>
    public static double FactorOf(decimal price, decimal stored)
    {
        if (price <= 0 || stored <= 0)
        {
            return 1;
        }

        var ratio = (double)(price / stored);
        var factor = Math.Pow(10, Math.Round(Math.Log10(ratio)));
        return Math.Max(ratio / factor, factor / ratio) <= Tolerance ? factor : 1;
    }

    /// <summary>A note on the first price of a series; null if no stored bar is near, or the price fits.</summary>
    public static async Task<string?> FindAsync(
        NpgsqlConnection connection,
        int tickerId,
        Series series,
        IncomingBar first,
        CancellationToken cancellationToken
    )
    {
        // Where this timeframe has no bars, the days have been rolled up from others.
        Timeframe[] timeframes = series.Timeframe.IsDaily ? [series.Timeframe] : [series.Timeframe, Timeframe.Day1];
        foreach (var timeframe in timeframes)
        {
            if (await NearestAsync(connection, tickerId, timeframe, first.Timestamp, cancellationToken) is not var (time, close))
            {
                continue;
            }

            var price = (decimal)first.Close / IncomingBar.One;
            return FactorOf(price, close) is var factor and not 1
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{series.Symbol}: the first price, {IncomingBar.Text(first.Close)}, is about {factor:0.##########} times the stored "
                        + $"{IncomingBar.Text((Int128)(close * IncomingBar.One))} of {time:yyyy-MM-dd}. "
                )
                    + (
                        factor > 1
                            ? string.Create(
                                CultureInfo.InvariantCulture,
                                $"If the prices of the file are scaled, import it with --price-scale {factor:0}."
                            )
                            : "If the stored prices are scaled, their file has to be imported with --price-scale."
                    )
                : null;
        }

        return null;
    }

    private static async Task<(DateTimeOffset Time, decimal Close)?> NearestAsync(
        NpgsqlConnection connection,
        int tickerId,
        Timeframe timeframe,
        DateTimeOffset time,
        CancellationToken cancellationToken
    )
    {
        var table = MarketSchema.QualifiedBarsTable(timeframe);
        await using var command = new NpgsqlCommand(
            $"""
            (SELECT timestamp, close FROM {table} WHERE ticker_id = $1 AND timestamp BETWEEN $2 AND $3 ORDER BY timestamp DESC LIMIT 1)
            UNION ALL
            (SELECT timestamp, close FROM {table} WHERE ticker_id = $1 AND timestamp > $3 AND timestamp <= $4 ORDER BY timestamp LIMIT 1)
            """,
            connection
        );
        command.Parameters.Add(new() { Value = tickerId });
        foreach (var bound in (DateTimeOffset[])[time - Reach, time, time + Reach])
        {
            command.Parameters.Add(new() { Value = bound.UtcDateTime });
        }

        (DateTimeOffset Time, decimal Close)? nearest = null;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var found = (await reader.GetFieldValueAsync<DateTimeOffset>(0, cancellationToken), reader.GetDecimal(1));
            if (nearest is null || found.Item1 - time < time - nearest.Value.Time)
            {
                nearest = found;
            }
        }

        return nearest;
    }
}
