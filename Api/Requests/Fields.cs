using System.Globalization;
using System.Text.Json;

namespace Wyckoff.Api.Requests;

/// <summary>A JSON object as the body of a request, read field by field: all that is wrong with it is found at once, and named. What is left out can be told from null.</summary>
public sealed class Fields
{
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);
    private readonly Inputs _inputs;

    private Fields(Inputs inputs) => _inputs = inputs;

    /// <summary>What the body says; what is wrong with it is added to <paramref name="inputs"/>.</summary>
    public static async Task<Fields> ReadAsync(HttpContext context, Inputs inputs, IReadOnlyList<string> known)
    {
        var fields = new Fields(inputs);
        if (JsonRequests.IsEmpty(context.Request))
        {
            inputs.Refuse("body", "It is missing: a JSON object is expected.");
            return fields;
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                inputs.Refuse("body", $"It is {Name(document.RootElement.ValueKind)}: a JSON object is expected.");
                return fields;
            }

            foreach (var field in document.RootElement.EnumerateObject())
            {
                var name = Field(field);
                if (name is null || !known.Contains(name, StringComparer.Ordinal))
                {
                    inputs.Refuse(
                        Parameters.Quote(name ?? "\ufffd").Trim('\''),
                        $"There is no such field: {string.Join(", ", known)} are expected."
                    );
                }
                else if (!fields._fields.TryAdd(name, field.Value.Clone()))
                {
                    inputs.Refuse(name, "It is there more than once.");
                }
            }
        }
        catch (JsonException e)
        {
            inputs.Refuse(
                "body",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"It is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} cannot be understood."
                )
            );
        }

        return fields;
    }

    public bool Has(string name) => _fields.ContainsKey(name);

    /// <summary>The text of a field; the other one when it is left out, or cannot be.</summary>
    public string Text(string name, int maxLength, string otherwise) => Text(name, maxLength, otherwise, nullable: false)!;

    /// <summary>The same, of a field that may be null.</summary>
    public string? TextOrNull(string name, int maxLength, string? otherwise) => Text(name, maxLength, otherwise, nullable: true);

    public bool Flag(string name, bool otherwise)
    {
        if (!_fields.TryGetValue(name, out var field))
        {
            return otherwise;
        }

        if (field.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return field.GetBoolean();
        }

        _inputs.Refuse(name, $"It is {Name(field.ValueKind)}: true or false is expected.");
        return otherwise;
    }

    private string? Text(string name, int maxLength, string? otherwise, bool nullable)
    {
        if (!_fields.TryGetValue(name, out var field))
        {
            return otherwise;
        }

        if (field.ValueKind == JsonValueKind.Null && nullable)
        {
            return null;
        }

        if (field.ValueKind != JsonValueKind.String)
        {
            _inputs.Refuse(name, $"It is {Name(field.ValueKind)}: text is expected.");
            return otherwise;
        }

        // Half a surrogate pair can be written in JSON, and is no character.
        string? text;
        try
        {
            text = field.GetString()!.Trim();
        }
        catch (InvalidOperationException)
        {
            text = null;
        }

        if (text is { Length: > 0 } && text.EnumerateRunes().Count() <= maxLength && !text.Any(char.IsControl))
        {
            return text;
        }

        _inputs.Refuse(
            name,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Parameters.Quote(text ?? "\ufffd")} cannot be: 1 to {maxLength} characters without control characters are expected."
            )
        );
        return otherwise;
    }

    private static string? Field(JsonProperty field)
    {
        try
        {
            return field.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Name(JsonValueKind kind) =>
        kind switch
        {
            JsonValueKind.Null => "null",
            JsonValueKind.True or JsonValueKind.False => "true or false",
            JsonValueKind.Number => "a number",
            JsonValueKind.String => "text",
            JsonValueKind.Array => "an array",
            _ => "an object",
        };
}
