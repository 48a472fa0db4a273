using Microsoft.FluentUI.AspNetCore.Components;
using Wyckoff.ServiceDefaults;
using Wyckoff.Web.Access;
using Wyckoff.Web.Forwarding;
using Wyckoff.Web.Hosting;
using Wyckoff.Web.Layout;

namespace Wyckoff.Web;

/// <summary>Builds the web page for Program, tests and benchmarks.</summary>
public static class WebHost
{
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        // Without this, the files of packages are found in Development only, or after a publish.
        builder.WebHost.UseStaticWebAssets();
        builder.AddServiceDefaults();
        builder.AddPageHosting();
        builder.AddCallers();
        builder.AddForwarding();
        builder.Services.AddRazorComponents().AddInteractiveServerComponents();
        builder.Services.AddFluentUIComponents();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UsePageHosting();
        app.MapHealth();
        app.MapForwarding();
        app.MapStaticAssets().AllowAnonymous();
        app.MapSignIn();
        // The content security policy is ours: Hosting/PageHeaders.cs.
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(server => server.ContentSecurityFrameAncestorsPolicy = null);
        return app;
    }
}
