using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Errors;

namespace Wyckoff.Api.Binding;

/// <summary>The ETag of an answer is a hash of it. Requests name the one they know in If-Match or If-None-Match.</summary>
public static class Preconditions
{
    public static EntityTagHeaderValue TagOf<T>(HttpContext context, T answer)
    {
        var json = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        return new($"\"{Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(answer, json)).AsSpan(0, 16))}\"");
    }

    /// <summary>200 with the answer and its ETag, or 304 if the client has it already.</summary>
    public static IResult Answer<T>(HttpContext context, T answer)
    {
        var tag = Tag(context, answer);
        return
            (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
            && context
                .Request.GetTypedHeaders()
                .IfNoneMatch.Any(given => given.Equals(EntityTagHeaderValue.Any) || given.Compare(tag, useStrongComparison: false))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(answer);
    }

    /// <summary>Sets the ETag of an answer.</summary>
    public static EntityTagHeaderValue Tag<T>(HttpContext context, T answer)
    {
        var headers = context.Response.GetTypedHeaders();
        headers.CacheControl = new() { NoCache = true, Private = true };
        return headers.ETag = TagOf(context, answer);
    }

    /// <summary>Whether a change may go ahead: If-Match, if it is given, has the ETag of what is stored now.</summary>
    /// <param name="context">The request.</param>
    /// <param name="current">What is stored now; null: nothing.</param>
    public static bool AreMet<T>(HttpContext context, T? current)
        where T : class
    {
        var (match, none) = (context.Request.Headers.IfMatch, context.Request.Headers.IfNoneMatch);
        return (match.Count == 0 || (current is not null && Has(match, TagOf(context, current))))
            && (none.Count == 0 || current is null || !Has(none, TagOf(context, current)));

        static bool Has(Microsoft.Extensions.Primitives.StringValues header, EntityTagHeaderValue tag) =>
            EntityTagHeaderValue.TryParseStrictList([.. header.OfType<string>()], out var given)
            && given.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(tag, useStrongComparison: true));
    }

    /// <summary>412, with the ETag of what is stored now.</summary>
    public static IResult Changed<T>(HttpContext context, T? current, string what)
        where T : class
    {
        if (current is null)
        {
            return Problems.Of(Problems.ChangedMeanwhile, $"{what} does not exist, so it does not match If-Match.");
        }

        context.Response.GetTypedHeaders().ETag = TagOf(context, current);
        return Problems.Of(
            Problems.ChangedMeanwhile,
            context.Request.Headers.IfNoneMatch.Count > 0 && context.Request.Headers.IfMatch.Count == 0
                ? $"{what} exists already, and If-None-Match says that it must not."
                : $"{what} does not match If-Match: read it again and repeat the change."
        );
    }
}
