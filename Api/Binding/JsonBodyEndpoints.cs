using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;

namespace Wyckoff.Api.Binding;

/// <summary>Declares endpoints that take a JSON body.</summary>
public static class JsonBodyEndpoints
{
    /// <summary>Declared beside the expected types, so that the endpoint and not the router refuses other types.</summary>
    public const string AnyType = "*/*";

    /// <summary>The largest body in bytes of endpoints that take a few fields or a document.</summary>
    public const long SmallBody = 64 << 10;

    /// <summary>Declares the schema and an example of the body, and refuses a body of another content type.</summary>
    public static RouteHandlerBuilder TakesJson<T>(this RouteHandlerBuilder endpoint, string example, params string[] contentTypes)
        where T : notnull
    {
        endpoint.Accepts<T>(contentTypes[0], [.. contentTypes[1..], AnyType]);
        foreach (var type in contentTypes)
        {
            endpoint.Sends(type, example);
        }

        return endpoint.AddEndpointFilter(
            (invocation, next) =>
            {
                var request = invocation.HttpContext.Request;
                if (IsEmpty(request) || IsOf(request.ContentType, contentTypes))
                {
                    return next(invocation);
                }

                var given = request.ContentType is { Length: > 0 } type ? $"the content type {Parameters.Quote(type)}" : "no content type";
                var expected = string.Join(" or ", contentTypes);
                return new(Problems.Of(Problems.UnsupportedMediaType, $"The body has {given}: {expected} is expected."));
            }
        );
    }

    /// <summary>Refuses a body with more bytes.</summary>
    public static RouteHandlerBuilder LimitsBody(this RouteHandlerBuilder endpoint, long maxBytes) =>
        endpoint.WithMetadata(new BodyLimit(maxBytes));

    /// <summary>Whether the request comes without a body.</summary>
    public static bool IsEmpty(HttpRequest request) =>
        request.ContentLength == 0 || request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == false;

    private static bool IsOf(string? contentType, string[] contentTypes) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && contentTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase);

    private sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
