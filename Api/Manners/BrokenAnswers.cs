namespace Wyckoff.Api.Manners;

/// <summary>An answer that fails once part of it is on its way is cut off, so that whoever reads it sees that it is not all: it is never ended as if it were complete.</summary>
public static class BrokenAnswers
{
    /// <summary>For endpoints this means: write nothing, not even into the buffer, before the first row has come; until then a failure can still be told.</summary>
    public static IApplicationBuilder UseCutOff(this IApplicationBuilder app)
    {
        var logger = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(BrokenAnswers));
        return app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            catch (Exception e) when (context.Response.HasStarted || context.Response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > 0 })
            {
                // What the server's buffer has it will send, before anything else that is written now: so a problem cannot take its place either.
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
        });
    }
}
