using Microsoft.Extensions.Options;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;

namespace Wyckoff.Api.Pipeline;

/// <summary>Refuses requests that change data when they come from a web page of another site.</summary>
/// <remarks>
/// A browser sends some requests of any page without asking this service first: forms, text/plain, links, images. It may run on a machine
/// that reaches this service when the author of the page does not. The browser states where a request comes from in Sec-Fetch-Site and
/// Origin, which a page cannot change.
/// </remarks>
public static class CrossSite
{
    private const string SecFetchSite = "Sec-Fetch-Site";

    public static void UseCrossSiteRule(this WebApplication app)
    {
        // * opens reading to all pages. A page that may change data has to be named.
        var origins = app
            .Services.GetRequiredService<IOptions<CorsOptions>>()
            .Value.Origins.Where(origin => origin != CorsOptions.Any)
            .ToHashSet(StringComparer.Ordinal);
        app.Use(
            (context, next) =>
                !StateChanges.IsChange(context.Request) || IsAllowed(context.Request, origins)
                    ? next(context)
                    : Problems.Of(Problems.CrossSiteRequest, Describe(context.Request)).ExecuteAsync(context)
        );
    }

    private static bool IsAllowed(HttpRequest request, HashSet<string> origins)
    {
        var origin = request.Headers.Origin;
        if (origin is [{ } named] && origins.Contains(named))
        {
            return true;
        }

        // Browsers send Sec-Fetch-Site over TLS and to loopback addresses, elsewhere only Origin. Other programs send neither.
        var site = request.Headers[SecFetchSite];
        return site.Count == 0 ? origin.Count == 0 || (origin is [{ } only] && IsOwn(only, request)) : site is ["same-origin" or "none"];
    }

    /// <summary>Whether the origin has the scheme, host and port of the request.</summary>
    private static bool IsOwn(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var from)
        && Uri.TryCreate($"{request.Scheme}://{request.Host.Value}", UriKind.Absolute, out var to)
        && (from.Scheme, from.IdnHost, from.Port) == (to.Scheme, to.IdnHost, to.Port);

    private static string Describe(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        var from = origin.Count == 0 ? "another site" : Parameters.Quote(origin.ToString());
        return $"This request changes data and comes from {from}. "
            + $"Only pages of this service and of the origins in {CorsOptions.Section}:{nameof(CorsOptions.Origins)} may do so.";
    }
}
