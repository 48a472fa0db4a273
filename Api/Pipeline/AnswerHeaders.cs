using System.Buffers;
using System.Collections;
using System.Diagnostics;
using Microsoft.Extensions.Primitives;

namespace Wyckoff.Api.Pipeline;

/// <summary>What every answer carries: the request's id, and what keeps a browser from making of it what it is not.</summary>
public static class AnswerHeaders
{
    public const string RequestId = "X-Request-Id";

    /// <summary>Of everything but the page at <c>/docs</c>: data is not to be rendered, framed or run.</summary>
    private static readonly StringValues NothingRuns = "default-src 'none'; frame-ancestors 'none'";

    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues Deny = "DENY";
    private static readonly StringValues NoReferrer = "no-referrer";
    private static readonly SearchValues<char> Safe = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    );

    /// <summary>Takes the request's id from X-Request-Id when it is 1 to 64 letters, digits or - _ . and makes one otherwise. The log has it as Request, the trace as a tag.</summary>
    public static IApplicationBuilder UseAnswerHeaders(this IApplicationBuilder app)
    {
        var time = app.ApplicationServices.GetRequiredService<TimeProvider>();
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(AnswerHeaders));
        return app.Use(
            async (context, next) =>
            {
                var given = context.Request.Headers[RequestId];
                context.TraceIdentifier =
                    given is [{ Length: > 0 and <= 64 } id] && !id.AsSpan().ContainsAnyExcept(Safe)
                        ? id
                        : Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
                if (Activity.Current is { IsAllDataRequested: true } activity)
                {
                    activity.SetTag("http.request.header.x-request-id", context.TraceIdentifier);
                }

                Set(context);
                // The host has a scope with a RequestId of its own, which it has read before anybody could say otherwise.
                using (logger.BeginScope(new Scope(context.TraceIdentifier)))
                {
                    await next(context);
                }
            }
        );
    }

    public static void Set(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers[RequestId] = context.TraceIdentifier;
        headers.XContentTypeOptions = NoSniff;
        headers.XFrameOptions = Deny;
        headers["Referrer-Policy"] = NoReferrer;
        headers.ContentSecurityPolicy = NothingRuns;
    }

    private sealed class Scope(string id) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        public int Count => 1;

        public KeyValuePair<string, object?> this[int index] =>
            index == 0 ? new("Request", id) : throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
        {
            yield return this[0];
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => "Request " + id;
    }
}
