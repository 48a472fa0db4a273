using System.Security.Cryptography;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using Wyckoff.Api.Access;
using Wyckoff.Api.Errors;
using Wyckoff.Api.SignIn;

namespace Wyckoff.Api.OpenApi;

/// <summary>Generates and serves the OpenAPI document from the declarations of the endpoints and the conventions of the API.</summary>
public static class ApiDocument
{
    public const string Path = "/openapi/v1.json";

    private const string Name = "v1";

    private const string Conventions = """
        Market data by symbol and timeframe, exactly as stored. Each change increments the version of the bars by one.

        **Times** are ISO 8601 in UTC; parameters also accept Unix times. Ranges are [from, to).
        **Numbers** are JSON numbers with all their digits; unknown values are null.

        **Errors** are problem documents (application/problem+json), whatever Accept says.
        Their type is a path of this service that describes the problem; clients may rely on it. All invalid parameters are named at once.

        **Pages**: 'next' of a response is the cursor of the next page of the same query.

        Every response has an **X-Request-Id**: the one of the request, or a new one. The log and problem documents have it too.
        HEAD is supported wherever GET is. Above the rate limit, a request is answered with 429 and Retry-After.

        A path begins with the version of the API. Within /v1, parameters, fields and problems may be added;
        none is removed or changes its meaning.
        """;

    private static readonly Dictionary<string, string> Tags = new(StringComparer.Ordinal)
    {
        ["Bars"] = "Open, high, low, close and volume: stored bars, or bars resampled from them.",
        ["Tickers"] = "Symbols that have bars.",
        ["Market data"] = "Values computed from the bars, and their quality.",
        ["Imports"] = "Uploads of files with bars.",
        ["Sync"] = "Bars fetched from providers.",
        ["Signing in"] = "Sessions of people in browsers. Programs use keys.",
        ["Waitlist"] = "Requests for access by people who have no account.",
        ["Administration"] = "Accounts, requests for access and the audit trail, for administrators.",
        ["Account"] = "The caller's own account: profile, rules, keys, export and deletion.",
        ["System"] = "The state of the system.",
        ["Problems"] = "The types of problems that a request can fail with.",
    };

    public static WebApplicationBuilder AddApiDocument(this WebApplicationBuilder builder)
    {
        builder.Services.AddOpenApi(
            Name,
            options =>
            {
                options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
                options.AddOperationTransformer((operation, context, _) => OperationDescription.DescribeAsync(operation, context));
                options.AddDocumentTransformer((document, _, _) => CompleteAsync(document));
                options.AddSchemaTransformer(
                    (schema, context, _) =>
                    {
                        Complete(schema, context.JsonTypeInfo.Type);
                        if (schema.Items is null && schema.Type?.HasFlag(JsonSchemaType.Array) == true)
                        {
                            var items = new OpenApiSchema();
                            Complete(items, context.JsonTypeInfo.ElementType!);
                            schema.Items = items;
                        }

                        return Task.CompletedTask;
                    }
                );
            }
        );
        return builder;
    }

    /// <summary>Generates the document at the first request and serves the same bytes from then on.</summary>
    public static void MapApiDocument(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var document = new Lazy<Task<(byte[] Bytes, EntityTagHeaderValue Tag)>>(async () =>
        {
            await using var scope = services.CreateAsyncScope();
            var made = await scope
                .ServiceProvider.GetRequiredKeyedService<IOpenApiDocumentProvider>(Name)
                .GetOpenApiDocumentAsync(CancellationToken.None);
            using var stream = new MemoryStream();
            await made.SerializeAsJsonAsync(stream, OpenApiSpecVersion.OpenApi3_1, CancellationToken.None);
            var bytes = stream.ToArray();
            return (bytes, new($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 8))}\""));
        });
        routes
            .MapGet(
                Path,
                async () =>
                {
                    var (bytes, tag) = await document.Value;
                    return TypedResults.File(bytes, "application/json", entityTag: tag);
                }
            )
            .Needs(EndpointAccess.Open)
            .ExcludeFromDescription();
    }

    /// <summary>
    /// Adds the JSON type that the framework leaves out where a converter writes the value. The format of a decimal is not double,
    /// which would promise no more than 53 bits of precision.
    /// </summary>
    private static void Complete(OpenApiSchema schema, Type type)
    {
        var value = Nullable.GetUnderlyingType(type) ?? type;
        var isNull = value == type ? 0 : JsonSchemaType.Null;
        if (value == typeof(decimal))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.Number | isNull, "decimal");
        }
        else if (value == typeof(DateTimeOffset))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String | isNull, "date-time");
        }
        else if (value.IsEnum)
        {
            schema.Type = JsonSchemaType.String | isNull;
        }
    }

    /// <summary>
    /// Lets an enum itself contain null where a property may be null, instead of a choice of null and the enum, which generators of
    /// clients do not understand.
    /// </summary>
    private static void AllowNullInEnums(OpenApiDocument document)
    {
        var schemas = document.Components!.Schemas!;
        foreach (var properties in schemas.Values.Select(schema => schema.Properties).OfType<IDictionary<string, IOpenApiSchema>>())
        {
            foreach (var (name, property) in properties.ToList())
            {
                if (
                    property.OneOf?.OfType<OpenApiSchemaReference>().SingleOrDefault() is { Reference.Id: { } id } reference
                    && schemas[id] is OpenApiSchema { Enum: { } values } choices
                )
                {
                    if (choices.Type?.HasFlag(JsonSchemaType.Null) == false)
                    {
                        choices.Type |= JsonSchemaType.Null;
                        values.Add(JsonNullSentinel.JsonNull);
                    }

                    properties[name] = reference;
                }
            }
        }
    }

    private static Task CompleteAsync(OpenApiDocument document)
    {
        document.Info = new()
        {
            Title = "Wyckoff",
            Version = "v1",
            Summary = "Bars of any range of any symbol at any timeframe.",
            Description = Conventions,
        };
        document.Servers = [new() { Url = "/", Description = "This service" }];
        document.AddComponent(ProblemSchema.Name, ProblemSchema.Make());
        foreach (var kind in Problems.All)
        {
            document.AddComponent<IOpenApiExample>(
                kind.Name,
                new OpenApiExample { Summary = kind.Title, Value = ProblemSchema.Example(kind) }
            );
        }

        document.Components!.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[OperationDescription.ApiKey] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "An API key with the scope read, write or admin. Each scope includes those before it.",
        };
        document.Components.SecuritySchemes[OperationDescription.Session] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = SessionCookie.Name,
            Description =
                "The session of somebody who has signed in, with the scope write, or admin for an administrator. Requests that change data "
                + $"also need the header {AntiforgeryRule.Header} with the antiforgeryToken of GET /v1/auth/session.",
        };
        AllowNullInEnums(document);
        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
        {
            tag.Description ??= Tags.GetValueOrDefault(tag.Name ?? "");
        }

        return Task.CompletedTask;
    }
}
