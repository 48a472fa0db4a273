using System.Text.Json;

namespace Wyckoff.Web.Pages.Operations;

/// <summary>A column that an entry of the audit trail changed.</summary>
/// <param name="Column">Its name.</param>
/// <param name="Old">The value before; null if there was none.</param>
/// <param name="New">The value after; null if there is none.</param>
/// <param name="IsHidden">Whether the values are secret or personal, and not recorded.</param>
internal sealed record AuditChange(string Column, string? Old, string? New, bool IsHidden = false)
{
    private const int MaxLength = 200;

    /// <summary>Reads <c>old</c>, <c>new</c> and <c>hidden</c> of an entry; columns that stay empty are left out.</summary>
    public static IReadOnlyList<AuditChange> Of(JsonElement? changes)
    {
        if (changes is not { ValueKind: JsonValueKind.Object } all)
        {
            return [];
        }

        var (before, after) = (Values(all, "old"), Values(all, "new"));
        var hidden =
            all.TryGetProperty("hidden", out var names) && names.ValueKind == JsonValueKind.Array
                ? names.EnumerateArray().Select(name => new AuditChange(name.ToString(), null, null, IsHidden: true))
                : [];
        return
        [
            .. before
                .Keys.Union(after.Keys)
                .Select(column => new AuditChange(column, before.GetValueOrDefault(column), after.GetValueOrDefault(column)))
                .Where(change => change is not { Old: null, New: null }),
            .. hidden,
        ];
    }

    private static Dictionary<string, string?> Values(JsonElement changes, string name) =>
        changes.TryGetProperty(name, out var values) && values.ValueKind == JsonValueKind.Object
            ? values.EnumerateObject().ToDictionary(column => column.Name, column => Text(column.Value), StringComparer.Ordinal)
            : [];

    private static string? Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetRawText()
        : value.ToString() is { Length: > MaxLength } text ? text[..MaxLength] + "…"
        : value.ToString();
}
