using System.Security.Cryptography;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace Wyckoff.Api.OpenApi;

/// <summary>The OpenAPI document: what the endpoints say of themselves, and what holds for all of them.</summary>
public static class ApiDocument
{
    public const string Path = "/openapi/v1.json";

    private const string Name = "v1";

    private const string Conventions = """
        Market data by symbol and timeframe, as it is stored: exactly, and with a version that goes up by one with each change.

        **Times** are ISO 8601 in UTC, or numbers since 1970 where they are asked for; ranges are [from, to). **Numbers** are JSON numbers with all their digits; what is not known is null.

        **Errors** are problem documents (application/problem+json), whatever Accept says. Their type is a path of this service, which tells what it means; programs may go by it. Of wrong parameters, all are named at once.

        **Pages**: 'next' of an answer is the cursor of the following page of the same query.

        Every answer carries an **X-Request-Id**, the one that was sent or a new one; it is in the log and in problem documents. GET is answered to HEAD too. A client that asks too fast is told so with 429 and Retry-After.

        A path begins with the version of the API: within /v1 there may be more parameters, fields and problems, and none go or change their meaning.
        """;

    private static readonly Dictionary<string, string> Tags = new(StringComparer.Ordinal)
    {
        ["Bars"] = "Open, high, low, close and volume: stored, or folded from what is stored.",
        ["Tickers"] = "What has bars.",
        ["Market data"] = "What follows from the bars, and how good they are.",
        ["Imports"] = "Files of bars, uploaded.",
        ["Sync"] = "Bars fetched from providers.",
        ["System"] = "How the service is.",
        ["Problems"] = "The ways in which a request can fail.",
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
                        // Not the 53 bits that 'double' would promise.
                        schema.Format =
                            (Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type) == typeof(decimal)
                                ? null
                                : schema.Format;
                        return Task.CompletedTask;
                    }
                );
            }
        );
        return builder;
    }

    /// <summary>It is the same for everybody, so it is put together once.</summary>
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
            .ExcludeFromDescription();
    }

    private static Task CompleteAsync(OpenApiDocument document)
    {
        document.Info = new()
        {
            Title = "Wyckoff",
            Version = "v1",
            Summary = "Bars of any window of any symbol at any timeframe.",
            Description = Conventions,
        };
        document.Servers = [new() { Url = "/", Description = "Where this document comes from" }];
        document.AddComponent(ProblemSchema.Name, ProblemSchema.Make());
        document.Components!.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[OperationDescription.OperatorKey] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "The operator's key, where one is configured: then whatever changes something needs it.",
        };
        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
        {
            tag.Description ??= Tags.GetValueOrDefault(tag.Name ?? "");
        }

        return Task.CompletedTask;
    }
}
