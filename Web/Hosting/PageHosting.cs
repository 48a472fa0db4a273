using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using Wyckoff.ServiceDefaults;
using Wyckoff.Web.Forwarding;

namespace Wyckoff.Web.Hosting;

/// <summary>Adds what all pages share: who may reach them, their headers, compression, error pages.</summary>
internal static class PageHosting
{
    private const string HostsKey = $"{WebOptions.Section}:{nameof(WebOptions.Hosts)}";

    public static void AddPageHosting(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<WebOptions>().BindConfiguration(WebOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services
            .AddOptions<WebOptions>()
            .Validate<IOptions<AccessOptions>>(
                (web, access) => !access.Value.IsLocal || (web.Hosts.Length == 0 && web.Proxies.Length == 0),
                $"{HostsKey} and {nameof(WebOptions.Proxies)} need {AccessModes.Key}={AccessModes.Keys}: "
                    + $"with {AccessModes.Local} the web page is for this machine only."
            );
        services.AddAccessMode();
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "wyckoff-form"; // the API has an antiforgery cookie of its own
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.SuppressXFrameOptionsHeader = true; // PageHeaders is stricter
        });
        services.AddResponseCompression(compression =>
        {
            compression.EnableForHttps = true; // antiforgery tokens are masked anew for each page
            compression.MimeTypes = ["text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml"];
        });
        var protection = services.AddDataProtection().SetApplicationName("Wyckoff.Web");
        if (builder.Configuration[$"{WebOptions.Section}:{nameof(WebOptions.KeyFolder)}"] is { Length: > 0 } folder)
        {
            protection.PersistKeysToFileSystem(new(folder));
        }
    }

    /// <summary>Adds the middleware. Forwarded requests pass without what is for pages: the API compresses and explains itself.</summary>
    public static void UsePageHosting(this WebApplication app)
    {
        app.UseLocalMode(
            (context, header) =>
                RefuseAsync(
                    context,
                    StatusCodes.Status403Forbidden,
                    "Forwarded request refused",
                    $"The request has the header {header}, so a proxy passed it on. With Wyckoff:Access=local nobody signs in, so the web "
                        + "page is for this machine only: set Wyckoff:Access=keys behind a proxy."
                )
        );
        app.UseHostNames(
            app.Services.GetRequiredService<IOptions<WebOptions>>().Value.Hosts,
            (context, host) =>
                RefuseAsync(
                    context,
                    StatusCodes.Status421MisdirectedRequest,
                    "Unknown host",
                    $"'{host}' is not a name of this web page: localhost, a name below it, a loopback address or one of {HostsKey} is "
                        + "expected."
                )
        );
        app.UseTrustedProxies();
        app.UseVersionedFiles();
        app.UseWhen(
            context => !ApiForwarding.IsForwarded(context.Request.Path),
            pages =>
            {
                pages.UsePageHeaders();
                pages.UseExceptionHandler("/error/500", createScopeForErrors: true);
                pages.UseStatusCodePagesWithReExecute("/error/{0}", createScopeForStatusCodePages: true);
                pages.UseSameSite();
                pages.UseResponseCompression();
            }
        );
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
    }

    public static Task RefuseAsync(HttpContext context, int status, string title, string detail) =>
        TypedResults.Problem(detail, statusCode: status, title: title).ExecuteAsync(context);
}
