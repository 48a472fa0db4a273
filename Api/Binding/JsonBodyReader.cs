using System.Globalization;
using System.Text.Json;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Binding;

/// <summary>
/// Reads a JSON object from the body of a request, field by field. Errors go to the <see cref="RequestReader"/>. A field that is absent
/// can be told from one that is null, which deserialized objects do not allow.
/// </summary>
public sealed class JsonBodyReader
{
    /// <summary>How deep objects and arrays may be nested.</summary>
    public const int MaxDepth = 16;

    private const int MaxDigits = 28; // A decimal holds any number with that many.

    // Stands for text that is no valid Unicode: JSON can escape half a surrogate pair.
    private const string Replacement = "\ufffd";

    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);
    private readonly RequestReader _reader;
    private readonly string _path;

    private JsonBodyReader(RequestReader reader, string path = "") => (_reader, _path) = (reader, path);

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
            using var bytes = new MemoryStream();
            await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
            var json = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
            json = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
            if (IsTooDeep(json.Span))
            {
                reader.AddError("body", FormattableString.Invariant($"Nested deeper than {MaxDepth} levels."));
                return body;
            }

            using var document = JsonDocument.Parse(json);
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

    /// <summary>Reads a field that is an object; one that is absent or null has no fields. Errors have the path of the field.</summary>
    public JsonBodyReader Object(string name, IReadOnlyList<string> names)
    {
        var nested = new JsonBodyReader(_reader, $"{_path}{name}.");
        if (HasValue(name) && RequireKind(name, JsonValueKind.Object, "an object"))
        {
            foreach (var field in _fields[name].EnumerateObject())
            {
                nested.Add(field, names);
            }
        }

        return nested;
    }

    /// <summary>
    /// Reads a field that is an array of objects; empty if it is absent or null. Errors have the path of the entry: <c>lists[0].name</c>.
    /// </summary>
    public IReadOnlyList<JsonBodyReader> Objects(string name, IReadOnlyList<string> names)
    {
        if (!HasValue(name) || !RequireKind(name, JsonValueKind.Array, "an array of objects"))
        {
            return [];
        }

        if (
            _fields[name].EnumerateArray().FirstOrDefault(entry => entry.ValueKind != JsonValueKind.Object) is
            { ValueKind: not JsonValueKind.Undefined } wrong
        )
        {
            AddError(name, $"The array has {KindOf(wrong)} in it; expected an array of objects.");
            return [];
        }

        return
        [
            .. _fields[name]
                .EnumerateArray()
                .Select(
                    (entry, index) =>
                    {
                        var nested = new JsonBodyReader(_reader, string.Create(CultureInfo.InvariantCulture, $"{_path}{name}[{index}]."));
                        foreach (var field in entry.EnumerateObject())
                        {
                            nested.Add(field, names);
                        }

                        return nested;
                    }
                ),
        ];
    }

    /// <summary>A field that is any object, as JSON that the database can store; null if it is absent, null or invalid.</summary>
    public JsonElement? AnyObject(string name)
    {
        if (!HasValue(name) || !RequireKind(name, JsonValueKind.Object, "an object"))
        {
            return null;
        }

        if (FindUnstorable(_fields[name], _path + name) is not var (path, error))
        {
            return _fields[name];
        }

        _reader.AddError(path, error);
        return null;
    }

    /// <summary>A number with all its digits; null if the field is absent, null or invalid.</summary>
    public decimal? Number(string name)
    {
        if (!HasValue(name) || !RequireKind(name, JsonValueKind.Number, "a number"))
        {
            return null;
        }

        var text = _fields[name].GetRawText();
        if (IsDecimal(text, out var number))
        {
            return number;
        }

        AddError(name, FormattableString.Invariant($"{Parameters.Quote(text)} is not a number of at most {MaxDigits} digits."));
        return null;
    }

    /// <summary>A whole number; null if the field is absent, null or invalid.</summary>
    public int? Whole(string name)
    {
        if (!HasValue(name) || !RequireKind(name, JsonValueKind.Number, "a whole number"))
        {
            return null;
        }

        if (_fields[name].TryGetInt32(out var number))
        {
            return number;
        }

        AddError(
            name,
            FormattableString.Invariant($"{Parameters.Quote(_fields[name].GetRawText())} is not a whole number up to {int.MaxValue}.")
        );
        return null;
    }

    /// <summary>True or false; the default value if the field is absent, null or invalid.</summary>
    public bool Flag(string name, bool defaultValue)
    {
        if (!HasValue(name))
        {
            return defaultValue;
        }

        var value = _fields[name];
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.ValueKind == JsonValueKind.True;
        }

        AddError(name, $"Got {KindOf(value)}; expected true or false.");
        return defaultValue;
    }

    /// <summary>A value of an enum; null if the field is absent, null or invalid.</summary>
    public T? Word<T>(string name)
        where T : struct, Enum =>
        HasValue(name) && RequireKind(name, JsonValueKind.String, "text") ? ReadWord<T>(name, TextOf(_fields[name])) : null;

    /// <summary>The values of a field that is an array of values of an enum; empty if it is absent or null.</summary>
    public IReadOnlyList<T> Words<T>(string name)
        where T : struct, Enum => [.. Texts(name).Select(text => ReadWord<T>(name, text)).OfType<T>()];

    /// <summary>A date, or the default value if the field is absent or invalid; it may be null.</summary>
    public DateOnly? Date(string name, DateOnly? defaultValue)
    {
        if (!_fields.ContainsKey(name))
        {
            return defaultValue;
        }

        if (!HasValue(name) || !RequireKind(name, JsonValueKind.String, "text"))
        {
            return null;
        }

        var text = TextOf(_fields[name]);
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            return date;
        }

        AddError(name, $"{Parameters.Quote(text)} is not a date such as 1990-12-31.");
        return defaultValue;
    }

    /// <summary>Adds an error of a field of this object.</summary>
    public void AddError(string name, string message) => _reader.AddError(_path + name, message);

    /// <summary>The value of a field, or the default value if it is absent or invalid.</summary>
    public T Get<T>(Parameter<T> field, T defaultValue)
    {
        if (!_fields.TryGetValue(field.Name, out var value))
        {
            if (field.Required)
            {
                AddError(field.Name, "Missing.");
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
            AddError(field.Name, $"Got {KindOf(value)}; expected {expected}.");
            return defaultValue;
        }

        if (field.Read(text, out var result) is not { } error)
        {
            return result;
        }

        AddError(field.Name, error);
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
            AddError(name, $"Got {KindOf(value)}; expected an array of texts.");
            return [];
        }

        foreach (var entry in value.EnumerateArray().Where(entry => entry.ValueKind != JsonValueKind.String))
        {
            AddError(name, $"The array has {KindOf(entry)} in it; expected an array of texts.");
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
            AddError(name, $"Got {KindOf(field)}; expected text.");
            return defaultValue;
        }

        var text = TextOf(field).Trim();
        if (text.Length > 0 && text != Replacement && text.EnumerateRunes().Count() <= maxLength && !text.Any(char.IsControl))
        {
            return text;
        }

        AddError(name, Parameters.TextExpected(text, maxLength));
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
            AddError(Parameters.Quote(name).Trim('\''), $"Unknown field; expected one of {string.Join(", ", names)}.");
        }
        else if (!_fields.TryAdd(name, field.Value.Clone()))
        {
            AddError(name, "Given more than once.");
        }
    }

    private T? ReadWord<T>(string name, string text)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (EnumText.Of(value) == text)
            {
                return value;
            }
        }

        AddError(name, $"{Parameters.Quote(text)} is not one of {string.Join(", ", Enum.GetValues<T>().Select(EnumText.Of))}.");
        return null;
    }

    private bool RequireKind(string name, JsonValueKind kind, string expected)
    {
        if (_fields[name].ValueKind == kind)
        {
            return true;
        }

        AddError(name, $"Got {KindOf(_fields[name])}; expected {expected}.");
        return false;
    }

    private static bool IsTooDeep(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new() { MaxDepth = MaxDepth + 1 });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= MaxDepth)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a number fits into a decimal with all its digits.</summary>
    private static bool IsDecimal(string text, out decimal number)
    {
        var at = text.AsSpan().IndexOfAny('e', 'E') is var found and >= 0 ? found : text.Length;
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var decimals = point < 0 ? 0 : at - point - 1;
        var exponent = 0;
        number = 0;
        return (at == text.Length || int.TryParse(text.AsSpan(at + 1), CultureInfo.InvariantCulture, out exponent))
            && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number)
            && text.AsSpan(0, at).ToArray().Count(char.IsAsciiDigit) <= MaxDigits
            && decimals - (long)exponent <= MaxDigits;
    }

    /// <summary>The first value that a JSON column does not hold as it is, with its path.</summary>
    private static (string Path, string Error)? FindUnstorable(JsonElement value, string path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var names = new HashSet<string>(StringComparer.Ordinal);
                foreach (var field in value.EnumerateObject())
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

                    var at = $"{path}.{Parameters.Quote(name).Trim('\'')}";
                    if (name.Any(char.IsControl) || name == Replacement || !names.Add(name))
                    {
                        return (at, names.Contains(name) ? "Given more than once." : "The name has control characters.");
                    }

                    if (FindUnstorable(field.Value, at) is { } error)
                    {
                        return error;
                    }
                }

                return null;
            case JsonValueKind.Array:
                return value
                    .EnumerateArray()
                    .Select((entry, index) => FindUnstorable(entry, $"{path}[{index}]"))
                    .FirstOrDefault(e => e is not null);
            case JsonValueKind.String:
                return TextOf(value) is var text && (text == Replacement || text.Contains('\0', StringComparison.Ordinal))
                    ? (path, $"{Parameters.Quote(text)} is not text without NUL.")
                    : null;
            case JsonValueKind.Number:
                return IsDecimal(value.GetRawText(), out _)
                    ? null
                    : (
                        path,
                        FormattableString.Invariant(
                            $"{Parameters.Quote(value.GetRawText())} is not a number of at most {MaxDigits} digits."
                        )
                    );
            default:
                return null;
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
