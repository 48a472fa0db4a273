using System.Text.Json;

namespace Wyckoff.Api.Binding;

/// <summary>
/// Reads a JSON object from the body of a request, field by field. Errors go to the <see cref="RequestReader"/>. A field that is absent
/// can be told from one that is null, which deserialized objects do not allow.
/// </summary>
public sealed class JsonBodyReader
{
    // Stands for text that is no valid Unicode: JSON can escape half a surrogate pair.
    private const string Replacement = "\ufffd";

    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);
    private readonly RequestReader _reader;

    private JsonBodyReader(RequestReader reader) => _reader = reader;

    /// <summary>Reads the body. Every field that <paramref name="names"/> does not list is an error.</summary>
    public static async Task<JsonBodyReader> ReadAsync(HttpContext context, RequestReader reader, IReadOnlyList<string> names)
    {
        var body = new JsonBodyReader(reader);
        if (JsonBodyEndpoints.IsEmpty(context.Request))
        {
            reader.AddError("body", "Missing; expected a JSON object.");
            return body;
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                reader.AddError("body", $"Got {KindOf(document.RootElement)}; expected a JSON object.");
                return body;
            }

            foreach (var field in document.RootElement.EnumerateObject())
            {
                body.Add(field, names);
            }
        }
        catch (JsonException e)
        {
            var (line, at) = (e.LineNumber + 1, e.BytePositionInLine + 1);
            reader.AddError("body", FormattableString.Invariant($"Not valid JSON: error at line {line}, byte {at}."));
        }

        return body;
    }

    public bool Has(string name) => _fields.ContainsKey(name);

    /// <summary>The value of a field, or the default value if it is absent or invalid.</summary>
    public T Get<T>(Parameter<T> field, T defaultValue)
    {
        if (!_fields.TryGetValue(field.Name, out var value))
        {
            if (field.Required)
            {
                _reader.AddError(field.Name, "Missing.");
            }

            return defaultValue;
        }

        var (text, expected) = field.Type switch
        {
            "boolean" => (value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetRawText() : null, "true or false"),
            "string" => (value.ValueKind == JsonValueKind.String ? TextOf(value) : null, "text"),
            _ => throw new NotSupportedException($"Fields of the type {field.Type} are not read from bodies."),
        };
        if (text is null)
        {
            _reader.AddError(field.Name, $"Got {KindOf(value)}; expected {expected}.");
            return defaultValue;
        }

        if (field.Read(text, out var result) is not { } error)
        {
            return result;
        }

        _reader.AddError(field.Name, error);
        return defaultValue;
    }

    /// <summary>The value of an optional field; null if it is absent or null.</summary>
    public T? Find<T>(Parameter<T> field)
        where T : struct => HasValue(field.Name) ? Get(field, default) : null;

    /// <summary>The values of a field that is an array of texts; empty if it is absent or null.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        if (!HasValue(name))
        {
            return [];
        }

        var value = _fields[name];
        if (value.ValueKind != JsonValueKind.Array)
        {
            _reader.AddError(name, $"Got {KindOf(value)}; expected an array of texts.");
            return [];
        }

        foreach (var entry in value.EnumerateArray().Where(entry => entry.ValueKind != JsonValueKind.String))
        {
            _reader.AddError(name, $"The array has {KindOf(entry)} in it; expected an array of texts.");
            return [];
        }

        return [.. value.EnumerateArray().Select(TextOf)];
    }

    /// <summary>The text of a field, or the default value if it is absent or invalid.</summary>
    public string Text(string name, int maxLength, string defaultValue) => Text(name, maxLength, defaultValue, nullable: false)!;

    /// <summary>The text of a field that may be null, or the default value if it is absent or invalid.</summary>
    public string? TextOrNull(string name, int maxLength, string? defaultValue) => Text(name, maxLength, defaultValue, nullable: true);

    private string? Text(string name, int maxLength, string? defaultValue, bool nullable)
    {
        if (!_fields.TryGetValue(name, out var field))
        {
            return defaultValue;
        }

        if (field.ValueKind == JsonValueKind.Null && nullable)
        {
            return null;
        }

        if (field.ValueKind != JsonValueKind.String)
        {
            _reader.AddError(name, $"Got {KindOf(field)}; expected text.");
            return defaultValue;
        }

        var text = TextOf(field).Trim();
        if (text.Length > 0 && text != Replacement && text.EnumerateRunes().Count() <= maxLength && !text.Any(char.IsControl))
        {
            return text;
        }

        _reader.AddError(name, Parameters.TextExpected(text, maxLength));
        return defaultValue;
    }

    private void Add(JsonProperty field, IReadOnlyList<string> names)
    {
        string name;
        try
        {
            name = field.Name;
        }
        catch (InvalidOperationException)
        {
            name = Replacement;
        }

        if (!names.Contains(name, StringComparer.Ordinal))
        {
            _reader.AddError(Parameters.Quote(name).Trim('\''), $"Unknown field; expected one of {string.Join(", ", names)}.");
        }
        else if (!_fields.TryAdd(name, field.Value.Clone()))
        {
            _reader.AddError(name, "Given more than once.");
        }
    }

    private bool HasValue(string name) => _fields.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private static string TextOf(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Replacement;
        }
    }

    private static string KindOf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Null => "null",
            JsonValueKind.True or JsonValueKind.False => "true or false",
            JsonValueKind.Number => "a number",
            JsonValueKind.String => "text",
            JsonValueKind.Array => "an array",
            _ => "an object",
        };
}
