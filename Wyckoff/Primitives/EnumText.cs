using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql.NameTranslation;

namespace Wyckoff.Primitives;

/// <summary>Stores an enum as snake_case text and builds the CHECK condition that lists its values.</summary>
public static class EnumText
{
    public static string Of<T>(T value)
        where T : struct, Enum =>
        Names<T>.Text.TryGetValue(value, out var text)
            ? text
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"is no {typeof(T).Name}.");

    public static T Parse<T>(string text)
        where T : struct, Enum =>
        Names<T>.Values.TryGetValue(text, out var value) ? value : throw new FormatException($"'{text}' is no {typeof(T).Name}.");

    public static string Check<T>(string column)
        where T : struct, Enum => $"{column} IN ({string.Join(", ", Enum.GetValues<T>().Select(value => $"'{Of(value)}'"))})";

    public static PropertyBuilder<T> HasTextEnum<T>(this PropertyBuilder<T> property, int maxLength)
        where T : struct, Enum => property.HasConversion(value => Of(value), text => Parse<T>(text)).HasMaxLength(maxLength);

    public static PropertyBuilder<T?> HasTextEnum<T>(this PropertyBuilder<T?> property, int maxLength)
        where T : struct, Enum => property.HasConversion(value => Of(value!.Value), text => Parse<T>(text)).HasMaxLength(maxLength);

    private static class Names<T>
        where T : struct, Enum
    {
        public static readonly Dictionary<T, string> Text = Enum.GetValues<T>()
            .ToDictionary(value => value, value => NpgsqlSnakeCaseNameTranslator.ConvertToSnakeCase(value.ToString()));
        public static readonly Dictionary<string, T> Values = Text.ToDictionary(
            pair => pair.Value,
            pair => pair.Key,
            StringComparer.Ordinal
        );
    }
}
