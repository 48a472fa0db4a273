using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Npgsql.NameTranslation;

namespace Wyckoff.Findings;

/// <summary>
/// Stores an enum of schema <c>wyckoff</c> as upper-case text (<c>TARGET_HIT</c>) and builds the CHECK condition that lists its values.
/// </summary>
internal static class EnumColumn
{
    public static string Text<T>(T value)
        where T : struct, Enum => NpgsqlSnakeCaseNameTranslator.ConvertToSnakeCase(value.ToString()).ToUpperInvariant();

    /// <summary>Returns the condition of the CHECK constraint.</summary>
    public static string Check<T>(string column)
        where T : struct, Enum => $"{column} IN ({string.Join(", ", Enum.GetValues<T>().Select(value => $"'{Text(value)}'"))})";

    public static PropertyBuilder<T> AsEnumText<T>(this PropertyBuilder<T> property, int maxLength)
        where T : struct, Enum => property.HasMaxLength(maxLength).HasConversion(Conversion<T>.Instance);

    public static PropertyBuilder<T?> AsEnumText<T>(this PropertyBuilder<T?> property, int maxLength)
        where T : struct, Enum => property.HasMaxLength(maxLength).HasConversion(Conversion<T>.Instance);

    private static class Conversion<T>
        where T : struct, Enum
    {
        private static readonly Dictionary<T, string> _texts = Enum.GetValues<T>().ToDictionary(value => value, Text);
        private static readonly Dictionary<string, T> _values = _texts.ToDictionary(
            pair => pair.Value,
            pair => pair.Key,
            StringComparer.Ordinal
        );

        public static readonly ValueConverter<T, string> Instance = new(value => _texts[value], text => _values[text]);
    }
}
