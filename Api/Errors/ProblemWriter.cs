using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Pipeline;

namespace Wyckoff.Api.Errors;

/// <summary>
/// Writes every problem document, whoever found the problem: an endpoint, the framework, or the exception handler. Whatever Accept says, since an error that is
/// not told is no use to anybody; and always with a type of ours.
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
        // What the server's buffer has, it sends before anything that is written now. So an endpoint writes nothing, not even into the buffer, before the first
        // row has come; one that did can only be cut off.
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
            problem.Detail = detail[..MaxDetail] + "…"; // of what the framework quotes, which may be all that was sent
        }

        AnswerHeaders.Set(http); // the exception handler has cleared them
        var headers = http.Response.Headers;
        headers.CacheControl = "no-store";
        headers.Remove(HeaderNames.ETag);
        headers.Remove(HeaderNames.LastModified);
        if (
            problem.Status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests
            && headers.RetryAfter.Count == 0
        )
        {
            headers.RetryAfter = RetryAfterSeconds;
        }

        // It is short, and what has cancelled the request (the time limit, say) is often what it tells of.
        await http.Response.WriteAsJsonAsync(problem, problem.GetType(), options: null, ContentType, CancellationToken.None);
    }
}
