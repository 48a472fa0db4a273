using Npgsql;

namespace Wyckoff.Bars.Writing;

/// <summary>Converts the time of bars (microseconds since 1970) to and from <c>timestamptz</c>.</summary>
internal static class SqlTime
{
    public static DateTime Of(long time) => IncomingBar.InstantOf(time).UtcDateTime;

    /// <summary>The time in a column; null when the column is NULL.</summary>
    public static long? Read(NpgsqlDataReader reader, int ordinal) =>
        reader.IsDBNull(ordinal) ? null : IncomingBar.TimeOf(reader.GetFieldValue<DateTimeOffset>(ordinal));
}
