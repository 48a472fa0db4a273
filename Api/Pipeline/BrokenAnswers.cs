using Wyckoff.Postgres;

namespace Wyckoff.Api.Pipeline;

/// <summary>Aborts the connection if a response fails after its start, so that no client takes it for a complete one.</summary>
public static class BrokenAnswers
{
    /// <summary>Must be the last middleware: one in between, such as the compression, would end the partial response regularly.</summary>
    public static IApplicationBuilder UseCutOff(this IApplicationBuilder app)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(BrokenAnswers));
        return app.Use(
            async (context, next) =>
            {
                try
                {
                    await next(context);
                    // The endpoint returned without an exception although its time limit cancelled it, so the response is incomplete.
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

                    // A client that disconnects and an exceeded time limit are not logged.
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
