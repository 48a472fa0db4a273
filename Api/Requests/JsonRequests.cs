using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace Wyckoff.Api.Requests;

/// <summary>Requests with a JSON body, without the refusals of the framework, which name our types and give hints on code.</summary>
public static class JsonRequests
{
    /// <summary>Declared beside the expected types, so that the router leaves the refusal of others to us. The document omits it.</summary>
    public const string AnyType = "*/*";

    /// <summary>Declares the body, with an example, and refuses a body of another content type.</summary>
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

    /// <summary>Whether the request comes without a body.</summary>
    public static bool IsEmpty(HttpRequest request) =>
        request.ContentLength == 0 || request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == false;

    /// <summary>The body, or the problem with it.</summary>
    public static async Task<(T? Body, IResult? Problem)> ReadAsync<T>(
        HttpContext context,
        string example,
        CancellationToken cancellationToken
    )
        where T : class
    {
        if (IsEmpty(context.Request))
        {
            return (null, Malformed("The request has no body", example));
        }

        try
        {
            var options = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
            var body = await JsonSerializer.DeserializeAsync<T>(context.Request.Body, options, cancellationToken);
            return body is null ? (null, Malformed("The body is null", example)) : (body, null);
        }
        catch (JsonException e)
        {
            var where = string.Create(CultureInfo.InvariantCulture, $"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
            var path = e.Path is null or "$" ? "" : $", in {e.Path}";
            return (null, Malformed($"The body cannot be understood at {where}{path}", example));
        }
    }

    private static bool IsOf(string? contentType, string[] contentTypes) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && contentTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase);

    private static IResult Malformed(string what, string example) =>
        Problems.Of(Problems.MalformedRequest, $"{what}: a JSON object such as {example} is expected.");
}
