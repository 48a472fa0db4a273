using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Wyckoff.Imports.Delimited;

/// <summary>What a column of a file holds.</summary>
internal enum Role
{
    /// <summary>The whole timestamp, or the time of day if there is a <see cref="Date"/> column.</summary>
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

    /// <summary>Whether the row fills a gap between bars, and is none.</summary>
    Filled,
}

/// <summary>
/// Columns that the user assigned to roles: <c>time=When,open=2,volume=none</c>. The columns of other roles are detected.
/// </summary>
public sealed class ColumnMap
{
    public static readonly ColumnMap Empty = new();

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
                    $"'{part}' assigns no column: FIELD=COLUMN is expected. The field is one of "
                    + $"{string.Join(", ", Enum.GetNames<Role>()).ToLowerInvariant()}; the column is its name, its number from 1, or none.";
                map = null;
                return false;
            }

            map._columns[role] = column;
        }

        return true;
    }

    /// <summary>Whether open, high, low and close are assigned, so that it is certain which prices are meant.</summary>
    internal bool HasPrices =>
        _columns.ContainsKey(Role.Open)
        && _columns.ContainsKey(Role.High)
        && _columns.ContainsKey(Role.Low)
        && _columns.ContainsKey(Role.Close);

    /// <summary>The columns that are assigned by name.</summary>
    internal IEnumerable<string> Names =>
        _columns.Values.Where(column => !column.All(char.IsAsciiDigit) && !column.Equals("none", StringComparison.OrdinalIgnoreCase));

    /// <summary>The name or number of the column that was assigned to a role.</summary>
    internal bool TryGet(Role role, [NotNullWhen(true)] out string? column) => _columns.TryGetValue(role, out column);

    /// <summary>The assignments in the order of the roles, as <see cref="TryParse"/> reads them.</summary>
    public override string ToString() => string.Join(',', _columns.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}={pair.Value}"));

    /// <summary>The index of a column given by name or number; -1 if there is no such column, -2 for <c>none</c>.</summary>
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
