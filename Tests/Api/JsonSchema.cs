using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Wyckoff.Tests.Api;

/// <summary>
/// Checks values against the schemas of an OpenAPI 3.1 document: the part of JSON Schema that is used there, and a keyword it does not know is an error of the schema.
/// Stricter than the standard in one thing: a property that an object's schema does not name is an error, unless it allows others.
/// </summary>
internal sealed class JsonSchema(JsonElement document)
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "$ref", "type", "enum", "properties", "required", "additionalProperties", "items", "oneOf", "anyOf", "allOf", "format", "minimum", "maximum", "pattern", "minLength", "maxLength",
        "description", "title", "default", "example", "examples", "deprecated",
    };

    /// <summary>All that is wrong with a value, with where it is.</summary>
    public List<string> Errors(JsonElement schema, JsonElement value)
    {
        var errors = new List<string>();
        Check(schema, value, "$", errors);
        return errors;
    }

    public JsonElement Resolve(JsonElement schema)
    {
        while (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var reference))
        {
            schema = document;
            foreach (var part in reference.GetString()!.TrimStart('#', '/').Split('/'))
            {
                schema = schema.GetProperty(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
            }
        }

        return schema;
    }

    private void Check(JsonElement schema, JsonElement value, string at, List<string> errors)
    {
        schema = Resolve(schema);
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            if (schema.ValueKind == JsonValueKind.False)
            {
                errors.Add($"{at}: nothing may be here.");
            }

            return;
        }

        errors.AddRange(schema.EnumerateObject().Where(keyword => !Known.Contains(keyword.Name)).Select(keyword => $"{at}: the schema says '{keyword.Name}', which is not understood."));
        Combined(schema, value, at, errors);
        if (schema.TryGetProperty("type", out var type))
        {
            var types = type.ValueKind == JsonValueKind.Array ? [.. type.EnumerateArray().Select(one => one.GetString()!)] : new[] { type.GetString()! };
            if (!types.Any(one => IsOf(one, value)))
            {
                errors.Add($"{at}: {Short(value)} is not of type {string.Join(" or ", types)}.");
                return;
            }
        }

        if (schema.TryGetProperty("enum", out var choices) && !choices.EnumerateArray().Any(choice => JsonElement.DeepEquals(choice, value)))
        {
            errors.Add($"{at}: {Short(value)} is not one of {choices}.");
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                Properties(schema, value, at, errors);
                break;
            case JsonValueKind.Array when schema.TryGetProperty("items", out var items):
                var place = 0;
                foreach (var item in value.EnumerateArray())
                {
                    Check(items, item, string.Create(CultureInfo.InvariantCulture, $"{at}[{place++}]"), errors);
                }

                break;
            case JsonValueKind.String:
                Text(schema, value.GetString()!, at, errors);
                break;
            case JsonValueKind.Number:
                Bounds(schema, value.GetDecimal(), at, errors);
                break;
        }
    }

    private void Combined(JsonElement schema, JsonElement value, string at, List<string> errors)
    {
        foreach (var (keyword, least, most) in new[] { ("oneOf", 1, 1), ("anyOf", 1, int.MaxValue) })
        {
            if (schema.TryGetProperty(keyword, out var schemas))
            {
                var tried = schemas.EnumerateArray().Select(one => Errors(one, value)).ToList();
                var fitting = tried.Count(errors => errors.Count == 0);
                if (fitting < least || fitting > most)
                {
                    errors.Add($"{at}: {Short(value)} fits {fitting} of {keyword}: {string.Join(" | ", tried.Select(wrong => wrong.FirstOrDefault()))}");
                }
            }
        }

        foreach (var one in schema.TryGetProperty("allOf", out var all) ? all.EnumerateArray() : default)
        {
            Check(one, value, at, errors);
        }
    }

    private void Properties(JsonElement schema, JsonElement value, string at, List<string> errors)
    {
        foreach (var name in schema.TryGetProperty("required", out var required) ? required.EnumerateArray().Select(one => one.GetString()!) : [])
        {
            if (!value.TryGetProperty(name, out _))
            {
                errors.Add($"{at}: '{name}' is missing.");
            }
        }

        var hasProperties = schema.TryGetProperty("properties", out var properties);
        var hasOthers = schema.TryGetProperty("additionalProperties", out var others);
        foreach (var property in value.EnumerateObject())
        {
            if (hasProperties && properties.TryGetProperty(property.Name, out var known))
            {
                Check(known, property.Value, $"{at}.{property.Name}", errors);
            }
            else if (hasOthers)
            {
                Check(others, property.Value, $"{at}.{property.Name}", errors);
            }
            else if (hasProperties)
            {
                errors.Add($"{at}: '{property.Name}' is not documented.");
            }
        }
    }

    private static void Text(JsonElement schema, string text, string at, List<string> errors)
    {
        var format = schema.TryGetProperty("format", out var named) ? named.GetString() : null;
        var fits = format switch
        {
            "date-time" => Regex.IsMatch(text, @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$") && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            null or "binary" => true,
            _ => false,
        };
        if (!fits)
        {
            errors.Add($"{at}: '{text}' is no {format}.");
        }

        if ((schema.TryGetProperty("pattern", out var pattern) && !Regex.IsMatch(text, pattern.GetString()!))
            || (schema.TryGetProperty("minLength", out var least) && text.Length < least.GetInt32()) || (schema.TryGetProperty("maxLength", out var most) && text.Length > most.GetInt32()))
        {
            errors.Add($"{at}: '{text}' does not look as it should.");
        }
    }

    private static void Bounds(JsonElement schema, decimal value, string at, List<string> errors)
    {
        if ((schema.TryGetProperty("minimum", out var least) && value < least.GetDecimal()) || (schema.TryGetProperty("maximum", out var most) && value > most.GetDecimal()))
        {
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"{at}: {value} is out of bounds."));
        }

        var within = (schema.TryGetProperty("format", out var format) ? format.GetString() : null) switch
        {
            "int32" => value is >= int.MinValue and <= int.MaxValue,
            "int64" => value is >= long.MinValue and <= long.MaxValue,
            null or "double" or "float" => true,
            _ => false,
        };
        if (!within)
        {
            errors.Add(string.Create(CultureInfo.InvariantCulture, $"{at}: {value} is no {format}."));
        }
    }

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && number == decimal.Truncate(number),
        "number" => value.ValueKind == JsonValueKind.Number,
        _ => false,
    };

    private static string Short(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length > 80 ? text[..80] + "…" : text;
    }
}
