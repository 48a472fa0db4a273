using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Wyckoff.Primitives;
using Wyckoff.Timescale;

namespace Wyckoff.Bars;

/// <summary>The names of schema <c>market</c>, and what the models of its tables share.</summary>
public static class MarketSchema
{
    public const string Schema = "market";

    /// <summary>
    /// The table of the bars of a timeframe. Each timeframe has its own, because planning a query takes longer the more chunks a table has.
    /// </summary>
    public static string BarsTable(Timeframe timeframe) => "bars_" + timeframe.Name;

    /// <summary>The name of a bars table with its schema, for use in SQL.</summary>
    public static string QualifiedBarsTable(Timeframe timeframe) => $"{Schema}.{BarsTable(timeframe)}";

    /// <summary>The hypertable of rows that belong to bars of all timeframes.</summary>
    internal static HypertableDeclaration PerBar(string orderBy) =>
        new()
        {
            TimeColumn = "timestamp",
            ChunkInterval = TimeSpan.FromDays(30),
            SegmentBy = "ticker_id, timeframe",
            OrderBy = orderBy,
            CompressAfter = TimeSpan.FromDays(7),
        };

    /// <summary>Adds the check that the column <c>timeframe</c> holds a stored timeframe.</summary>
    internal static void HasTimeframeCheck<T>(this TableBuilder<T> table, string name)
        where T : class =>
        table.HasCheckConstraint(
            $"chk_{name}_timeframe",
            $"timeframe IN ({string.Join(", ", Timeframe.Stored.Select(timeframe => $"'{timeframe}'"))})"
        );

    /// <summary>Stores a timeframe by its name.</summary>
    internal static void HasTimeframeConversion(this PropertyBuilder<Timeframe> timeframe) =>
        timeframe.HasConversion(value => value.Name, text => Timeframe.Parse(text)).HasMaxLength(10);

    internal static string InLowerCase<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
