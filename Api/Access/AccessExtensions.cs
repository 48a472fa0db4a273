using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Google;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Wyckoff.Accounts;
using Wyckoff.Api.Errors;
using Wyckoff.Api.SignIn;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Api.Access;

/// <summary>Adds authentication and authorization to the pipeline.</summary>
public static class AccessExtensions
{
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<Credentials>();
        services.AddHostedService(provider => provider.GetRequiredService<Credentials>());
        services.AddSingleton<LocalAccount>();
        services.AddHostedService(provider => provider.GetRequiredService<LocalAccount>());
        services.AddAccessMode();
        LocalModeSettings.Validate(services);
        services.SilenceSecrets(
            // These log cookies, redirects and what the provider says of a person, and errors with id tokens that cannot be read.
            (typeof(GoogleHandler).FullName!, LogLevel.Warning),
            (typeof(OpenIdConnectHandler).FullName!, LogLevel.None)
        );
        services
            .AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, KeyHandler>(
                KeyHandler.SchemeName,
                options => options.ForwardDefaultSelector = SessionCookie.Select
            )
            .AddScheme<AuthenticationSchemeOptions, LocalHandler>(LocalHandler.SchemeName, null);
        services
            .AddOptions<AuthenticationOptions>()
            .Configure<IOptions<AccessOptions>>(
                (authentication, access) =>
                    authentication.DefaultScheme = access.Value.IsLocal ? LocalHandler.SchemeName : KeyHandler.SchemeName
            );
        services.AddAuthorizationBuilder().SetFallbackPolicy(new([new NothingStated()], []));
        services.AddSingleton<IAuthorizationHandler, AccessHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessResults>();
    }

    public static void UseAccess(this WebApplication app)
    {
        app.Use(
            (context, next) =>
                HasKey(context.Request) ? Problems.Of(Problems.KeyInUrl, Problems.KeyInUrl.Meaning).ExecuteAsync(context) : next(context)
        );
        app.UseAuthentication();
        app.UseAuthorization();
        app.Use(
            (context, next) =>
                context.User.Identity is not CallerIdentity { Credential: { } credential } identity ? next(context)
                : AntiforgeryRule.IsNeeded(context, identity.Caller) ? AntiforgeryRule.CheckAsync(context, credential, next)
                : credential.RunAsync(context, next)
        );
    }

    /// <summary>Whether the address has a key in it. Addresses are kept in histories and in logs of proxies.</summary>
    private static bool HasKey(HttpRequest request)
    {
        // Parse only queries with the mark of a key, or an escape that may stand for a letter of it.
        var query = request.QueryString.Value ?? "";
        return (query.Contains(ApiKey.Mark, StringComparison.Ordinal) || query.Contains('%', StringComparison.Ordinal))
            && request.Query.Any(parameter => ApiKey.IsIn(parameter.Key) || parameter.Value.Any(value => ApiKey.IsIn(value)));
    }
}
