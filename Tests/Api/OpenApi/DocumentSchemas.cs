using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace Wyckoff.Tests.Api.OpenApi;

/// <summary>
/// Checks values against the schemas of an OpenAPI 3.1 document. It is stricter than the standard: a property that a schema does not
/// define is an error, unless the schema sets additionalProperties.
/// </summary>
internal sealed class DocumentSchemas
{
    private const string Components = "#/components/schemas/";
    private const string Definitions = "$defs";

    private readonly JsonObject _definitions;
    private readonly Dictionary<string, JsonSchema> _built = new(StringComparer.Ordinal);
    private readonly EvaluationOptions _options = new()
    {
        OutputFormat = OutputFormat.List,
        RequireFormatValidation = true,
        FormatRegistry = new(),
    };

    public DocumentSchemas(JsonElement document)
    {
        _definitions = Closed(new() { [Definitions] = Copy(document.GetProperty("components").GetProperty("schemas")) })[
            Definitions
        ]!.AsObject();
        // Formats that OpenAPI defines in addition to JSON Schema.
        RegisterInteger("int32", int.MinValue, int.MaxValue);
        RegisterInteger("int64", long.MinValue, long.MaxValue);
        foreach (var format in new[] { "decimal", "double", "float", "binary" })
        {
            _options.FormatRegistry.Register(new PredicateFormat(format, _ => true));
        }
    }

    /// <summary>Returns all errors of a value, each with its location in the value and in the schema.</summary>
    public List<string> Errors(JsonElement schema, JsonElement value)
    {
        JsonSchema built;
        lock (_built)
        {
            if (!_built.TryGetValue(schema.GetRawText(), out built!))
            {
                var whole = new JsonObject
                {
                    ["allOf"] = new JsonArray(Closed(Copy(schema).AsObject())),
                    [Definitions] = _definitions.DeepClone(),
                };
                built = JsonSchema.FromText(
                    whole.ToJsonString().Replace(Components, $"#/{Definitions}/", StringComparison.Ordinal),
                    new() { SchemaRegistry = new() }
                );
                _built.Add(schema.GetRawText(), built);
            }
        }

        var results = built.Evaluate(value, _options);
        return results.IsValid
            ? []
            :
            [
                .. (results.Details ?? [])
                    .Prepend(results)
                    .SelectMany(part =>
                        (part.Errors ?? []).Select(error => $"{part.InstanceLocation} {part.EvaluationPath}: {error.Value}")
                    ),
            ];
    }

    private void RegisterInteger(string name, long minimum, long maximum) =>
        _options.FormatRegistry.Register(
            new PredicateFormat(
                name,
                value =>
                    value.ValueKind != JsonValueKind.Number || (value.TryGetInt64(out var number) && number >= minimum && number <= maximum)
            )
        );

    private static JsonNode Copy(JsonElement element) => JsonNode.Parse(element.GetRawText())!;

    private static JsonObject Closed(JsonObject schema)
    {
        if (schema["properties"] is JsonObject && schema["additionalProperties"] is null)
        {
            schema["additionalProperties"] = false;
        }

        var named = new[] { "properties", Definitions }.SelectMany(keyword =>
            schema[keyword] is JsonObject map ? map.Select(entry => entry.Value) : []
        );
        var listed = new[] { "allOf", "anyOf", "oneOf" }.SelectMany(keyword =>
            schema[keyword] is JsonArray all ? all : Enumerable.Empty<JsonNode?>()
        );
        foreach (
            var part in named.Concat(listed).Append(schema["items"]).Append(schema["additionalProperties"]).OfType<JsonObject>().ToList()
        )
        {
            Closed(part);
        }

        return schema;
    }
}
