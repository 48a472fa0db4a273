using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Wyckoff.Accounts;
using Wyckoff.Api.Access;
using Wyckoff.Api.Bars;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.Pipeline;
using Wyckoff.Primitives;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Api.OpenApi;

/// <summary>Adds parameters, examples and problems to the operations of the OpenAPI document.</summary>
internal static class OperationDescription
{
    public const string ApiKey = "ApiKey";
    public const string Session = "Session";

    public static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<DescribedParameters>().LastOrDefault() is { } described)
        {
            operation.Parameters = [.. described.Parameters.Select(parameter => Parameter(parameter, context.Document!))];
        }

        var changes =
            !HttpMethods.IsGet(context.Description.HttpMethod ?? "")
            || operation.Parameters?.Any(parameter => parameter.Name == BarParameters.Fetch.Name) == true;
        Bodies(operation, metadata);
        Answers(operation, metadata);
        var access = metadata.OfType<AccessRequirement>().LastOrDefault()?.Access ?? EndpointAccess.Open;
        Failures(operation, context, metadata, access, changes);
        operation.Security = Security(access, context);
        return Task.CompletedTask;
    }

    /// <summary>The scope that a key or session needs; null if the endpoint needs none.</summary>
    private static List<OpenApiSecurityRequirement>? Security(EndpointAccess access, OpenApiOperationTransformerContext context)
    {
        var scope = access switch
        {
            EndpointAccess.Open => (AccessScope?)null,
            EndpointAccess.MarketData or EndpointAccess.Read => AccessScope.Read,
            EndpointAccess.Write or EndpointAccess.ChangeMarketData => AccessScope.Write,
            _ => AccessScope.Admin,
        };
        if (scope is null)
        {
            return null;
        }

        var services = context.ApplicationServices;
        var isOptional =
            services.GetRequiredService<IOptions<AccessOptions>>().Value.IsLocal
            || (access == EndpointAccess.MarketData && services.GetRequiredService<IOptions<ApiOptions>>().Value.OpenMarketData);
        OpenApiSecurityRequirement key = new()
        {
            [new OpenApiSecuritySchemeReference(ApiKey, context.Document)] = [EnumText.Of(scope.Value)],
        };
        OpenApiSecurityRequirement session = new()
        {
            [new OpenApiSecuritySchemeReference(Session, context.Document)] = [EnumText.Of(scope.Value)],
        };
        return isOptional ? [new(), key, session] : [key, session];
    }

    private static OpenApiParameter Parameter(Parameter parameter, OpenApiDocument document)
    {
        var type = parameter.Type switch
        {
            "integer" => JsonSchemaType.Integer,
            "boolean" => JsonSchemaType.Boolean,
            "number" => JsonSchemaType.Number,
            _ => JsonSchemaType.String,
        };
        return new OpenApiParameter
        {
            Name = parameter.Name,
            In = parameter.InPath ? ParameterLocation.Path : ParameterLocation.Query,
            Required = parameter.Required,
            Description = parameter.Description,
            Example = parameter.Example is null ? null : Typed(type, parameter.Example),
            Schema = Schema(parameter, type, document),
        };
    }

    private static IOpenApiSchema Schema(Parameter parameter, JsonSchemaType type, OpenApiDocument document)
    {
        var choices = parameter.Choices?.Select(choice => (JsonNode)choice).ToList();
        var defaultValue = parameter.Default is null ? null : Typed(type, parameter.Default);
        if (parameter.ChoicesName is { } name)
        {
            document.AddComponent<IOpenApiSchema>(name, new OpenApiSchema { Type = type, Enum = choices });
            return new OpenApiSchemaReference(name, document) { Default = defaultValue };
        }

        return new OpenApiSchema
        {
            Type = type,
            Format = type switch
            {
                JsonSchemaType.Integer => parameter.Maximum <= int.MaxValue ? "int32" : "int64",
                JsonSchemaType.Number => "decimal",
                _ => null,
            },
            Enum = choices,
            Minimum = parameter.Minimum?.ToString(CultureInfo.InvariantCulture),
            Maximum = parameter.Maximum?.ToString(CultureInfo.InvariantCulture),
            Default = defaultValue,
        };
    }

    private static JsonNode Typed(JsonSchemaType type, string text) =>
        (type & ~JsonSchemaType.Null) switch
        {
            JsonSchemaType.Integer => long.Parse(text, CultureInfo.InvariantCulture),
            JsonSchemaType.Number => decimal.Parse(text, CultureInfo.InvariantCulture),
            JsonSchemaType.Boolean => bool.Parse(text),
            _ => text,
        };

    private static void Bodies(OpenApiOperation operation, IList<object> metadata)
    {
        if (metadata.OfType<DescribedFiles>().LastOrDefault() is { } files)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = files.ContentTypes.ToDictionary(
                    type => type,
                    type => new OpenApiMediaType { Schema = FileSchema(type) },
                    StringComparer.Ordinal
                ),
            };
        }

        operation.RequestBody?.Content?.Remove(JsonBodyEndpoints.AnyType);
        foreach (var body in metadata.OfType<DescribedBody>())
        {
            if (operation.RequestBody?.Content?.TryGetValue(body.ContentType, out var content) == true)
            {
                content.Example = Example(body.ContentType, body.Text);
            }
        }
    }

    /// <summary>The body is the file itself, or a form with the file as a part.</summary>
    private static OpenApiSchema FileSchema(string contentType)
    {
        var file = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        return contentType != "multipart/form-data"
            ? file
            : new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal) { ["file"] = file },
                Required = new HashSet<string>(StringComparer.Ordinal) { "file" },
            };
    }

    private static void Answers(OpenApiOperation operation, IList<object> metadata)
    {
        operation.Responses ??= [];
        foreach (
            var described in metadata
                .OfType<DescribedExample>()
                .Where(described =>
                    !operation.Responses.Any(response =>
                        response.Key.StartsWith('2') && response.Value.Content?.ContainsKey(described.ContentType) == true
                    )
                )
        )
        {
            // A streamed response, which the framework does not document.
            operation.Responses["200"] = new OpenApiResponse
            {
                Description = "OK",
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { [described.ContentType] = new() },
            };
        }

        foreach (var (status, response) in operation.Responses)
        {
            if (!status.StartsWith('2') || response.Content is not { } contents)
            {
                continue;
            }

            foreach (var (type, content) in contents)
            {
                if (!IsJson(type))
                {
                    // The declared type is the schema of the JSON response. Other formats are text lines, events or a file.
                    content.Schema = new OpenApiSchema
                    {
                        Type = JsonSchemaType.String,
                        Format =
                            type.StartsWith("text/", StringComparison.Ordinal) || type.EndsWith("ndjson", StringComparison.Ordinal)
                                ? null
                                : "binary",
                    };
                }

                if (metadata.OfType<DescribedExample>().LastOrDefault(example => example.ContentType == type) is { } example)
                {
                    content.Example = Example(type, example.Text);
                }
            }
        }
    }

    private static void Failures(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        IList<object> metadata,
        EndpointAccess access,
        bool changes
    )
    {
        List<ProblemKind> kinds = [.. metadata.OfType<DescribedProblems>().SelectMany(problems => problems.Kinds)];
        if (metadata.OfType<DescribedParameters>().Any())
        {
            kinds.Add(Problems.InvalidParameters);
        }

        if (operation.RequestBody is not null)
        {
            kinds.AddRange([Problems.MalformedRequest, Problems.RequestTooSlow, Problems.BodyTooLarge, Problems.UnsupportedMediaType]);
        }

        if (access != EndpointAccess.Open)
        {
            kinds.AddRange([Problems.KeyNeeded, Problems.ScopeNeeded]);
        }

        if (changes)
        {
            kinds.AddRange([Problems.CrossSiteRequest, Problems.AntiforgeryTokenNeeded]);
        }

        kinds.AddRange([Problems.KeyInUrl, Problems.ForwardedRequest, Problems.UnknownHost, Problems.TooManyRequests]);
        kinds.AddRange([Problems.InternalError, Problems.DatabaseAway, Problems.AnswerTooSlow]);
        operation.Responses ??= [];
        foreach (var group in kinds.Distinct().GroupBy(kind => kind.Status))
        {
            operation.Responses[group.Key.ToString(CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = string.Join(", or: ", group.Select(kind => kind.Title)) + ".",
                Headers = group.Key is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable
                    ? new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal)
                    {
                        ["Retry-After"] = new OpenApiHeader
                        {
                            Description = "Seconds to wait.",
                            Schema = new OpenApiSchema { Type = JsonSchemaType.Integer },
                        },
                    }
                    : null,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [ProblemWriter.ContentType] = new()
                    {
                        Schema = new OpenApiSchemaReference(ProblemSchema.Name, context.Document),
                        Examples = group.ToDictionary(
                            kind => kind.Name,
                            kind => (IOpenApiExample)new OpenApiExampleReference(kind.Name, context.Document),
                            StringComparer.Ordinal
                        ),
                    },
                },
            };
        }
    }

    private static JsonNode? Example(string type, string text) => IsJson(type) ? JsonNode.Parse(text) : text;

    private static bool IsJson(string type) => type is "application/json" or "application/merge-patch+json";
}
