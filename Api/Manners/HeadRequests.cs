namespace Wyckoff.Api.Manners;

/// <summary>HEAD wherever GET is: the same work up to the first byte of the body, which is not sent; what would come after it is not done.</summary>
public static class HeadRequests
{
    public static IApplicationBuilder UseHead(this IApplicationBuilder app) => app.Use(static (context, next) =>
        HttpMethods.IsHead(context.Request.Method) ? HeadAsync(context, next) : next(context));

    /// <summary>Nothing but headers is wanted, so nothing that happens after them matters.</summary>
    public static bool IsHead(HttpContext context) => context.Items.ContainsKey(typeof(HeadRequests));

    private static async Task HeadAsync(HttpContext context, RequestDelegate next)
    {
        var left = context.RequestAborted;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(left);
        context.Request.Method = HttpMethods.Get; // for the router; the server remembers what it was
        context.RequestAborted = enough.Token;
        context.Items[typeof(HeadRequests)] = true;
        var ended = false;
        context.Response.OnStarting(() => ended ? Task.CompletedTask : enough.CancelAsync());
        try
        {
            await next(context);
        }
        finally
        {
            ended = true;
            context.Request.Method = HttpMethods.Head;
            context.RequestAborted = left;
        }
    }
}
