using System.Buffers;
using System.Collections;
using System.Diagnostics;
using Microsoft.Extensions.Primitives;

namespace Wyckoff.Api.Pipeline;

/// <summary>Sets the headers of every response: the id of the request, and restrictions for browsers.</summary>
public static class AnswerHeaders
{
    public const string RequestId = "X-Request-Id";

    /// <summary>The policy of all responses but the page at <c>/docs</c>: browsers must not render, frame or run data.</summary>
    private static readonly StringValues NothingRuns = "default-src 'none'; frame-ancestors 'none'";

    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues Deny = "DENY";
    private static readonly StringValues NoReferrer = "no-referrer";
    private static readonly SearchValues<char> Safe = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    );

    /// <summary>
    /// Takes the id of the request from X-Request-Id if it is 1 to 64 letters, digits or - _ . and creates one otherwise. Log scopes have
    /// it as Request, traces as a tag.
    /// </summary>
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
                // The host's own scope keeps the RequestId from before this middleware, so this scope adds the new one.
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
