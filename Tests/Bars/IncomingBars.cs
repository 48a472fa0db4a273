using System.Data.Common;
using Wyckoff.Bars;

namespace Wyckoff.Tests.Bars;

/// <summary>Reads stored bars as incoming bars, so that tests can compare them with what was written.</summary>
internal static class IncomingBars
{
    /// <summary>Converts a row whose first columns are timestamp, open, high, low, close, volume, trade_count and vwap.</summary>
    public static IncomingBar Of(DbDataReader row)
    {
        Assert.Null(
            IncomingBar.TryCreate(
                row.GetFieldValue<DateTimeOffset>(0),
                row.GetDecimal(1),
                row.GetDecimal(2),
                row.GetDecimal(3),
                row.GetDecimal(4),
                row.GetDecimal(5),
                row.IsDBNull(6) ? null : row.GetInt32(6),
                row.IsDBNull(7) ? null : row.GetDecimal(7),
                out var bar,
                allowsNegative: true
            )
        );
        return bar;
    }
}
