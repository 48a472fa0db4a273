using Microsoft.AspNetCore.Diagnostics;
using Wyckoff.Api.Pipeline;
using Wyckoff.Postgres;

namespace Wyckoff.Api.Errors;

/// <summary>Exceptions that are not our fault: what the client sent, and a database that is away. Everything else is a 500, with its stack in the log.</summary>
internal sealed class ExceptionProblems(IProblemDetailsService problems, TimeProvider time, ILogger<ExceptionProblems> logger)
    : IExceptionHandler
{
    // While the database is away, the log would else be of nothing but this.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private const string KestrelSource = "Microsoft.AspNetCore.Server.Kestrel.Core";

    // The assembly that reads multipart forms. An IOException from elsewhere, such as a full disk, is not the client's fault.
    private const string FormSource = "Microsoft.AspNetCore.WebUtilities";

    private long _requests;
    private long _quietUntil;

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
            detail = "The form in the body is cut off, or not well-formed.";
        }
        else if (DatabaseFaults.IsAway(exception))
        {
            kind = Problems.DatabaseAway;
            detail = kind.Meaning;
            Tell(exception);
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

    private void Tell(Exception exception)
    {
        Interlocked.Increment(ref _requests);
        var now = time.GetTimestamp();
        var until = Interlocked.Read(ref _quietUntil);
        if (
            now >= until
            && Interlocked.CompareExchange(ref _quietUntil, now + (long)(Quiet.TotalSeconds * time.TimestampFrequency), until) == until
        )
        {
            logger.DatabaseAway(exception.Message, Interlocked.Exchange(ref _requests, 0));
        }
    }
}
