using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Wyckoff.Api.Errors;

namespace Wyckoff.Api.OpenApi;

/// <summary>The schema of problem documents, and an example of each kind.</summary>
internal static class ProblemSchema
{
    public const string Name = "Problem";

    public static OpenApiSchema Make() =>
        new()
        {
            Type = JsonSchemaType.Object,
            Description = "Why a request failed (RFC 9457). Some types have further members, which the page of the type describes.",
            Required = new HashSet<string>(StringComparer.Ordinal) { "type", "title", "status", "traceId", "requestId" },
            Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
            {
                ["type"] = Text("The problem type: a path of this service. It never changes."),
                ["title"] = Text("A short title, the same for all problems of a type."),
                ["status"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Integer,
                    Format = "int32",
                    Description = "The HTTP status.",
                },
                ["detail"] = Text("What happened this time, for people."),
                ["traceId"] = Text("The trace that the request belongs to."),
                ["requestId"] = Text("The request's X-Request-Id."),
                ["errors"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Description = "Of invalid-parameters: the errors of each parameter or field of the body.",
                    AdditionalProperties = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Array,
                        Items = new OpenApiSchema { Type = JsonSchemaType.String },
                    },
                },
                ["symbols"] = Texts("Of unknown-symbol: the symbols that do not exist."),
                ["near"] = Texts("Of unknown-symbol: similar symbols."),
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
            example["errors"] = new JsonObject { ["limit"] = new JsonArray("'0' is not a whole number from 1 to 1000.") };
        }
        else if (kind == Problems.UnknownSymbol)
        {
            example["detail"] = "Unknown symbol 'SPYY'. Similar: SPY.";
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
