using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Wyckoff.Imports.Delimited;

/// <summary>What a column of a file may hold.</summary>
internal enum Role
{
    /// <summary>The whole timestamp, or with <see cref="Date"/> the time of the day.</summary>
    Time,
    Date,
    Open,
    High,
    Low,
    Close,
    Volume,
    Trades,
    Vwap,
    Symbol,
    Timeframe,
}

/// <summary>Columns as a person assigned them: <c>time=When,open=2,volume=none</c>. Those not named are guessed.</summary>
public sealed class ColumnMap
{
    public static readonly ColumnMap Guess = new();

    private readonly Dictionary<Role, string> _columns = [];

    private ColumnMap() { }

    public static bool TryParse(string? text, [NotNullWhen(true)] out ColumnMap? map, [NotNullWhen(false)] out string? fault)
    {
        (map, fault) = (new ColumnMap(), null);
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? part : part[..equals].Trim();
            var column = equals < 0 ? "" : part[(equals + 1)..].Trim();
            if (
                column.Length == 0
                || !Enum.TryParse<Role>(name, ignoreCase: true, out var role)
                || !Enum.IsDefined(role)
                || char.IsAsciiDigit(name[0])
            )
            {
                fault =
                    $"'{part}' assigns no column: FIELD=COLUMN is expected, the field one of {string.Join(", ", Enum.GetNames<Role>()).ToLowerInvariant()}, the column its name, its number from 1, or none.";
                map = null;
                return false;
            }

            map._columns[role] = column;
        }

        return true;
    }

    /// <summary>What was said of the column of a role.</summary>
    internal bool TryGet(Role role, [NotNullWhen(true)] out string? column) => _columns.TryGetValue(role, out column);

    /// <summary>The index of a column that was named by name or number; -1 when there is none such, -2 when none is wanted.</summary>
    internal static int Find(string column, IReadOnlyList<string> header, int count)
    {
        if (string.Equals(column, "none", StringComparison.OrdinalIgnoreCase))
        {
            return -2;
        }

        for (var i = 0; i < header.Count; i++)
        {
            if (string.Equals(header[i].Trim(), column, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        return int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= count
            ? number - 1
            : -1;
    }
}
