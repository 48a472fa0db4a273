using Microsoft.AspNetCore.Diagnostics;
using Wyckoff.Api.Pipeline;
using Wyckoff.Postgres;

namespace Wyckoff.Api.Errors;

/// <summary>Turns exceptions caused by the client or an unavailable database into problems. All others become a logged 500.</summary>
internal sealed class ExceptionProblems(IProblemDetailsService problems, TimeProvider time, ILogger<ExceptionProblems> logger)
    : IExceptionHandler
{
    // At most one log message in this time, so that an unavailable database does not flood the log.
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(5);

    private const string KestrelSource = "Microsoft.AspNetCore.Server.Kestrel.Core";

    // The assembly that reads multipart forms. An IOException from elsewhere, such as a full disk, is not the client's fault.
    private const string FormSource = "Microsoft.AspNetCore.WebUtilities";

    private long _requests;
    private long _nextLog;

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        ProblemKind kind;
        string detail;
        var status = StatusCodes.Status503ServiceUnavailable;
        if (exception is BadHttpRequestException bad)
        {
            (kind, status) = (Problems.Of(bad.StatusCode), bad.StatusCode);
            detail = Describe(bad) ?? kind.Meaning;
        }
        else if (exception is IOException or InvalidDataException && exception.Source == FormSource)
        {
            (kind, status) = (Problems.MalformedRequest, Problems.MalformedRequest.Status);
            detail = "The form in the body is cut off or not well-formed.";
        }
        else if (DatabaseFaults.IsAway(exception))
        {
            kind = Problems.DatabaseAway;
            detail = kind.Meaning;
            Log(exception);
        }
        else
        {
            return false;
        }

        httpContext.Response.StatusCode = status;
        await problems.WriteAsync(
            new()
            {
                HttpContext = httpContext,
                Exception = exception,
                ProblemDetails = new()
                {
                    Type = kind.Type,
                    Title = kind.Title,
                    Status = status,
                    Detail = detail,
                },
            }
        );
        return true;
    }

    /// <summary>Kestrel's messages describe the request, except that of a slow body, which names an option.</summary>
    private static string? Describe(BadHttpRequestException bad) =>
        bad.Source == KestrelSource && bad.StatusCode != StatusCodes.Status408RequestTimeout ? bad.Message : null;

    private void Log(Exception exception)
    {
        Interlocked.Increment(ref _requests);
        var now = time.GetTimestamp();
        var next = Interlocked.Read(ref _nextLog);
        if (
            now >= next
            && Interlocked.CompareExchange(ref _nextLog, now + (long)(LogInterval.TotalSeconds * time.TimestampFrequency), next) == next
        )
        {
            logger.DatabaseAway(exception.Message, Interlocked.Exchange(ref _requests, 0));
        }
    }
}
