namespace Wyckoff.Web.Hosting;

/// <summary>Refuses requests of other sites' pages that change something or open a connection to the pages' circuits.</summary>
internal static class SameSite
{
    public static void UseSameSite(this IApplicationBuilder app) =>
        app.Use(
            (context, next) =>
                IsAllowed(context)
                    ? next(context)
                    : PageHosting.RefuseAsync(
                        context,
                        StatusCodes.Status403Forbidden,
                        "Cross-site request refused",
                        "The request comes from a web page of another site."
                    )
        );

    private static bool IsAllowed(HttpContext context)
    {
        var request = context.Request;
        var isUpgrade = request.Headers.Upgrade.Count > 0 || HttpMethods.IsConnect(request.Method);
        if ((HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && !isUpgrade)
        {
            return true;
        }

        // Browsers send Sec-Fetch-Site over TLS and to loopback addresses, elsewhere only Origin. Other programs send neither.
        var site = request.Headers["Sec-Fetch-Site"];
        var origin = request.Headers.Origin;
        return site.Count > 0
            ? site is ["same-origin" or "none"]
            : origin.Count == 0
                || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && request.Host == new HostString(from.Authority));
    }
}
