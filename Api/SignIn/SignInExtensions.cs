using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.Google;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Wyckoff.Accounts;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Api.SignIn;

/// <summary>Adds the session cookie, the configured providers and antiforgery.</summary>
public static class SignInExtensions
{
    public const string BasePath = "/v1/auth";

    /// <summary>How long somebody may take to sign in at the provider.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    public static void AddSignIn(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<SignInOptions>().BindConfiguration(SignInOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<SessionStore>();
        services.AddScoped<ProviderAnswers>();
        services.AddSingleton<SignInProviders>();
        services.AddAntiforgery(AntiforgeryRule.Configure);
        var authentication = services.AddAuthentication().AddCookie(SessionCookie.SchemeName, SessionCookie.Configure);
        services
            .AddOptions<CookieAuthenticationOptions>(SessionCookie.SchemeName)
            .Configure<IOptions<SignInOptions>>((cookie, signIn) => cookie.ExpireTimeSpan = signIn.Value.SessionLifetime);
        // A scheme that is registered looks at every request, so those of other providers are not.
        if (builder.Configuration[AccessModes.Key] == AccessModes.Local)
        {
            return;
        }

        if (IsGiven(builder.Configuration, nameof(SignInOptions.Google)))
        {
            authentication.AddGoogle(SignInProviders.Google, _ => { });
            services
                .AddOptions<GoogleOptions>(SignInProviders.Google)
                .Configure<IOptions<SignInOptions>>((google, signIn) => Configure(google, signIn.Value.Google));
        }

        if (IsGiven(builder.Configuration, nameof(SignInOptions.OpenIdConnect)))
        {
            authentication.AddOpenIdConnect(SignInProviders.OpenIdConnect, _ => { });
            services
                .AddOptions<OpenIdConnectOptions>(SignInProviders.OpenIdConnect)
                .Configure<IOptions<SignInOptions>>((provider, signIn) => Configure(provider, signIn.Value.OpenIdConnect));
        }
    }

    private static bool IsGiven(IConfiguration configuration, string provider) =>
        configuration.GetSection($"{SignInOptions.Section}:{provider}").GetChildren().Any(key => !string.IsNullOrWhiteSpace(key.Value));

    private static void Configure(GoogleOptions google, GoogleSignInOptions options)
    {
        ConfigureRemote(google, SignInProviders.Google);
        google.ClientId = options.ClientId!;
        google.ClientSecret = options.ClientSecret!;
        google.UsePkce = true;
        google.ClaimActions.Clear();
        foreach (
            var name in new[]
            {
                ProviderClaims.Subject,
                ProviderClaims.Email,
                ProviderClaims.EmailVerified,
                ProviderClaims.Name,
                ProviderClaims.Picture,
            }
        )
        {
            google.ClaimActions.MapJsonKey(name, name);
        }

        google.Events = new OAuthEvents();
        ProviderAnswers.Handle(google.Events);
    }

    private static void Configure(OpenIdConnectOptions provider, OpenIdConnectSignInOptions options)
    {
        ConfigureRemote(provider, SignInProviders.OpenIdConnect);
        provider.Authority = options.Authority;
        // Loopback needs no TLS; validation refuses other authorities without it.
        provider.RequireHttpsMetadata = !(Uri.TryCreate(options.Authority, UriKind.Absolute, out var authority) && authority.IsLoopback);
        provider.ClientId = options.ClientId;
        provider.ClientSecret = options.ClientSecret;
        provider.ResponseType = OpenIdConnectResponseType.Code;
        provider.ResponseMode = OpenIdConnectResponseMode.Query; // a form post of another site would come without the Lax cookies
        provider.UsePkce = true;
        provider.Scope.Add("email");
        provider.MapInboundClaims = false;
        provider.DisableTelemetry = true;
        // Ending the provider's session does not end the one here: these paths would be open endpoints.
        provider.RemoteSignOutPath = PathString.Empty;
        provider.SignedOutCallbackPath = PathString.Empty;
        provider.NonceCookie = new ServiceCookie("wyckoff-nonce.", BasePath) { Expiration = Patience };
        // Some providers put the address into the user information only.
        provider.GetClaimsFromUserInfoEndpoint = true;
        provider.ClaimActions.Clear();
        provider.ClaimActions.MapUniqueJsonKey(ProviderClaims.Name, ProviderClaims.Name);
        provider.ClaimActions.MapUniqueJsonKey(ProviderClaims.Picture, ProviderClaims.Picture);
        provider.Events = new OpenIdConnectEvents
        {
            OnTokenValidated = context =>
            {
                // The handler takes an unsigned token from the token endpoint, as the protocol allows.
                if (context.SecurityToken.RawSignature is not { Length: > 0 })
                {
                    context.Fail("The id token is not signed.");
                }

                return Task.CompletedTask;
            },
            OnUserInformationReceived = context =>
            {
                ProviderClaims.CompleteEmail(context.Principal!.Identities.First(), context.User.RootElement);
                return Task.CompletedTask;
            },
        };
        ProviderAnswers.Handle(provider.Events);
    }

    private static void ConfigureRemote(RemoteAuthenticationOptions remote, string provider)
    {
        remote.SignInScheme = SessionCookie.SchemeName;
        remote.CallbackPath = $"{BasePath}/{provider}/callback";
        remote.CorrelationCookie = new ServiceCookie("wyckoff-sign-in.", BasePath) { Expiration = Patience };
        remote.RemoteAuthenticationTimeout = Patience;
        remote.SaveTokens = false;
        remote.BackchannelHttpHandler = new ProviderConnection();
        remote.BackchannelTimeout = ProviderConnection.Timeout;
    }
}
