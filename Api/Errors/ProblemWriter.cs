using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Pipeline;

namespace Wyckoff.Api.Errors;

/// <summary>
/// Writes all problem documents of endpoints, the framework and the exception handler. They ignore Accept, so that every client learns
/// the reason, and always have a type of <see cref="Problems"/>.
/// </summary>
internal sealed class ProblemWriter(IOptions<ProblemDetailsOptions> options) : IProblemDetailsWriter
{
    public const string ContentType = "application/problem+json";

    private const int MaxDetail = 1_000;
    private const string RetryAfterSeconds = "2";

    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var (http, problem) = (context.HttpContext, context.ProblemDetails);
        // Bytes of a partial response are already in the server's buffer and would precede the problem. The connection has to be aborted.
        // To avoid that, endpoints write nothing before they have read the first row.
        if (http.Response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > 0 } && !HeadRequests.IsHead(http))
        {
            http.Abort();
            return;
        }

        problem.Status ??= http.Response.StatusCode;
        if (problem.Type?.StartsWith("/problems/", StringComparison.Ordinal) != true)
        {
            var kind = problem is HttpValidationProblemDetails ? Problems.InvalidParameters : Problems.Of(problem.Status.Value);
            (problem.Type, problem.Title) = (kind.Type, kind.Title);
            problem.Detail ??= kind.Meaning;
        }

        options.Value.CustomizeProblemDetails?.Invoke(context);
        problem.Extensions["requestId"] = http.TraceIdentifier;
        if (problem.Detail is { Length: > MaxDetail } detail)
        {
            problem.Detail = detail[..MaxDetail] + "…"; // messages of the framework may quote the whole request
        }

        AnswerHeaders.Set(http); // the exception handler clears the headers
        var headers = http.Response.Headers;
        headers.CacheControl = "no-store";
        if (problem.Status != StatusCodes.Status412PreconditionFailed)
        {
            headers.Remove(HeaderNames.ETag); // That of what is stored now tells the client that its own is stale.
        }

        headers.Remove(HeaderNames.LastModified);
        if (
            problem.Status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests
            && headers.RetryAfter.Count == 0
        )
        {
            headers.RetryAfter = RetryAfterSeconds;
        }

        // Not cancelled with the request: the document often reports that very cancellation, such as a time limit.
        await http.Response.WriteAsJsonAsync(problem, problem.GetType(), options: null, ContentType, CancellationToken.None);
    }
}
