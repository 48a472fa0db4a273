using Microsoft.Net.Http.Headers;

namespace Wyckoff.Web.Hosting;

/// <summary>Sets the content security policy and the other headers that all pages have.</summary>
internal static class PageHeaders
{
    /// <summary>
    /// Scripts, styles and requests of this origin only, and no eval. Style attributes are allowed: components and charts position their
    /// parts with them.
    /// </summary>
    private const string Policy =
        "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; "
        + "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    public static void UsePageHeaders(this IApplicationBuilder app) =>
        app.Use(
            (context, next) =>
            {
                var headers = context.Response.Headers;
                headers.ContentSecurityPolicy = Policy;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "same-origin";
                headers[HeaderNames.XFrameOptions] = "DENY";
                headers["Cross-Origin-Opener-Policy"] = "same-origin";
                headers["Cross-Origin-Resource-Policy"] = "same-origin";
                // Pages show what their caller may see. Files say themselves how long they hold.
                headers.CacheControl = "private, no-cache";
                return next(context);
            }
        );
}
