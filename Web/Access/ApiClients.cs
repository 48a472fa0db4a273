using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Wyckoff.Client;
using Wyckoff.ServiceDefaults;
using Wyckoff.Web.Forwarding;

namespace Wyckoff.Web.Access;

/// <summary>Adds authentication by the API, and the client that pages call the API with.</summary>
internal static class ApiClients
{
    public const string Name = "api";

    /// <summary>How long a page waits for the API to say who calls.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static void AddCallers(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<KeyCookie>();
        services.SilenceSecrets();
        services
            .AddHttpClient(
                Name,
                client =>
                {
                    client.BaseAddress = new(ApiForwarding.ApiAddress);
                    client.Timeout = Patience;
                }
            )
            .ConfigurePrimaryHttpMessageHandler(() =>
                new SocketsHttpHandler
                {
                    UseCookies = false,
                    AllowAutoRedirect = false,
                    UseProxy = false,
                }
            )
            .AddServiceDiscovery();
        services.AddScoped(provider => new WyckoffClient(Create(provider)));
        services.AddScoped(provider => new TaggedApi(Create(provider)));
        services.AddCascadingAuthenticationState();
        services
            .AddAuthentication(CallerHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, CallerHandler>(CallerHandler.SchemeName, null);
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }

    /// <summary>A client that calls the API for somebody.</summary>
    public static HttpClient Create(IHttpMessageHandlerFactory handlers, Func<Task<Caller?>> caller) =>
        // The handler that sends is the factory's, which pools it.
        new(new CallerRequests(caller) { InnerHandler = handlers.CreateHandler(Name) }, disposeHandler: false)
        {
            BaseAddress = new(ApiForwarding.ApiAddress),
            Timeout = Timeout.InfiniteTimeSpan, // the API has limits of its own; a sync may take minutes
        };

    private static HttpClient Create(IServiceProvider provider)
    {
        var authentication = provider.GetRequiredService<AuthenticationStateProvider>();
        return Create(provider.GetRequiredService<IHttpMessageHandlerFactory>(), () => Caller.OfAsync(authentication));
    }
}
