using System.Globalization;
using System.Text.Json.Nodes;

namespace Wyckoff.Web.Pages.Account;

/// <summary>How a field of a form is shown, and written as JSON.</summary>
public enum FieldKind
{
    Text,
    Number,
    Date,
    Choice,
    Flag,

    /// <summary>Any of the options, as an array.</summary>
    Choices,

    /// <summary>Words between commas, as an array.</summary>
    Words,
}

/// <summary>A field of a <see cref="DocumentForm"/>.</summary>
/// <param name="Name">The name in the document; nested ones have a dot.</param>
/// <param name="Label">What people see.</param>
/// <param name="Kind">How it is shown and written.</param>
/// <param name="Hint">What is expected.</param>
/// <param name="Options">The values of a choice, with what people see; an empty value is null.</param>
public sealed record FormField(
    string Name,
    string Label,
    FieldKind Kind = FieldKind.Text,
    string? Hint = null,
    IReadOnlyList<(string Value, string Text)>? Options = null
)
{
    /// <summary>The texts that the form shows for a document.</summary>
    public IReadOnlyList<string> Read(JsonObject document) =>
        Find(document, Name.Split('.')) switch
        {
            JsonArray values => Kind == FieldKind.Words
                ? [string.Join(", ", values.Select(value => value?.ToString()))]
                : [.. values.Select(value => value?.ToString() ?? "")],
            null => [],
            var value => [value.ToString()],
        };

    /// <summary>Writes what was posted into a document. What is not a number stays a text, for which the API has an error.</summary>
    public void Write(JsonObject document, IReadOnlyList<string> posted)
    {
        var path = Name.Split('.');
        var parent = document;
        foreach (var segment in path[..^1])
        {
            parent = (JsonObject)(parent[segment] ??= new JsonObject());
        }

        parent[path[^1]] = Value(posted);
    }

    private JsonNode? Value(IReadOnlyList<string> posted)
    {
        var text = posted.Count > 0 ? posted[0].Trim() : "";
        return Kind switch
        {
            FieldKind.Flag => JsonValue.Create(posted.Count > 0),
            FieldKind.Choices => new JsonArray([.. posted.Select(value => JsonValue.Create(value))]),
            FieldKind.Words => new JsonArray([
                .. text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    .Select(value => JsonValue.Create(value)),
            ]),
            _ when text.Length == 0 => null,
            FieldKind.Number when decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) =>
                JsonValue.Create(number),
            _ => JsonValue.Create(text),
        };
    }

    private static JsonNode? Find(JsonObject document, string[] path)
    {
        JsonNode? node = document;
        foreach (var segment in path)
        {
            node = (node as JsonObject)?[segment];
        }

        return node;
    }
}
