using Microsoft.AspNetCore.Diagnostics;
using Wyckoff.Api.Requests;

namespace Wyckoff.Api.Manners;

/// <summary>Exceptions that are not our fault: what the client sent, and a database that is away. Everything else is a 500, with its stack in the log.</summary>
internal sealed class Failures(IProblemDetailsService problems, TimeProvider time, ILogger<Failures> logger) : IExceptionHandler
{
    // While the database is away, the log would else be of nothing but this.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    private long _requests;
    private long _quietUntil;

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        ProblemKind kind;
        var status = StatusCodes.Status503ServiceUnavailable;
        if (exception is BadHttpRequestException bad)
        {
            (kind, status) = (Problems.Of(bad.StatusCode), bad.StatusCode);
        }
        else if (DatabaseFaults.IsAway(exception))
        {
            kind = Problems.DatabaseAway;
            Tell(exception);
        }
        else
        {
            return false;
        }

        httpContext.Response.StatusCode = status;
        await problems.WriteAsync(new()
        {
            HttpContext = httpContext,
            Exception = exception,
            ProblemDetails = new() { Type = kind.Type, Title = kind.Title, Status = status, Detail = kind.Meaning },
        });
        return true;
    }

    private void Tell(Exception exception)
    {
        Interlocked.Increment(ref _requests);
        var now = time.GetTimestamp();
        var until = Interlocked.Read(ref _quietUntil);
        if (now >= until && Interlocked.CompareExchange(ref _quietUntil, now + (long)(Quiet.TotalSeconds * time.TimestampFrequency), until) == until)
        {
            logger.DatabaseAway(exception.Message, Interlocked.Exchange(ref _requests, 0));
        }
    }
}
