using Wyckoff.Postgres;

namespace Wyckoff.Api.Pipeline;

/// <summary>An answer that fails once part of it is on its way is cut off, so that whoever reads it sees that it is not all: it is never ended as if it were complete.</summary>
public static class BrokenAnswers
{
    /// <summary>Next to the endpoints, so that nothing in between (a compressor, say) gives what is broken an orderly end.</summary>
    public static IApplicationBuilder UseCutOff(this IApplicationBuilder app)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(BrokenAnswers));
        return app.Use(
            async (context, next) =>
            {
                try
                {
                    await next(context);
                    // Cancelled and not let on: the time limit has struck, and the endpoint has stopped where it was.
                    if (context.RequestAborted.IsCancellationRequested && !HeadRequests.IsHead(context))
                    {
                        throw new OperationCanceledException(context.RequestAborted);
                    }
                }
                catch (Exception e) when (context.Response.HasStarted)
                {
                    if (HeadRequests.IsHead(context))
                    {
                        return;
                    }

                    // Of a reader who has left, or of an answer that took too long, there is nothing to tell.
                    if (DatabaseFaults.IsAway(e))
                    {
                        logger.CutOffByDatabase(e.Message);
                    }
                    else if (e is not OperationCanceledException && !context.RequestAborted.IsCancellationRequested)
                    {
                        logger.CutOff(e);
                    }

                    context.Abort();
                }
            }
        );
    }
}
