using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Wyckoff.Api.Errors;

namespace Wyckoff.Api.OpenApi;

/// <summary>What a problem document looks like.</summary>
internal static class ProblemSchema
{
    public const string Name = "Problem";

    public static OpenApiSchema Make() =>
        new()
        {
            Type = JsonSchemaType.Object,
            Description = "Why there is no answer (RFC 9457). Some types have further members: the page of the type tells.",
            Required = new HashSet<string>(StringComparer.Ordinal) { "type", "title", "status", "traceId", "requestId" },
            Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
            {
                ["type"] = Text("Which problem it is: a path of this service. It stays what it is."),
                ["title"] = Text("The problem in a few words, the same for each type."),
                ["status"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Integer,
                    Format = "int32",
                    Description = "The status of the answer.",
                },
                ["detail"] = Text("What it is about this time, for people."),
                ["traceId"] = Text("The trace it belongs to."),
                ["requestId"] = Text("The request's X-Request-Id."),
                ["errors"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Description = "Of invalid-parameters: what is wrong with each parameter, or field of the body.",
                    AdditionalProperties = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Array,
                        Items = new OpenApiSchema { Type = JsonSchemaType.String },
                    },
                },
                ["symbols"] = Texts("Of unknown-symbol: those that there are not."),
                ["near"] = Texts("Of unknown-symbol: those that look like them."),
            },
            AdditionalProperties = new OpenApiSchema(),
        };

    public static JsonNode Example(ProblemKind kind)
    {
        var example = new JsonObject
        {
            ["type"] = kind.Type,
            ["title"] = kind.Title,
            ["status"] = kind.Status,
            ["detail"] = kind.Meaning,
            ["traceId"] = "0af7651916cd43dd8448eb211c80319c",
            ["requestId"] = "019aa3f2c4b17d0e9c6f1b2a3d4e5f60",
        };
        if (kind == Problems.InvalidParameters)
        {
            example["errors"] = new JsonObject
            {
                ["limit"] = new JsonArray("'0' is out of range: a whole number from 1 to 1000 is expected."),
            };
        }
        else if (kind == Problems.UnknownSymbol)
        {
            example["detail"] = "There is no symbol 'SPYY'. Near: SPY.";
            (example["symbols"], example["near"]) = (new JsonArray("SPYY"), new JsonArray("SPY"));
        }

        return example;
    }

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };

    private static OpenApiSchema Texts(string description) =>
        new()
        {
            Type = JsonSchemaType.Array,
            Items = new OpenApiSchema { Type = JsonSchemaType.String },
            Description = description,
        };
}
