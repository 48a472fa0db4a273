using Microsoft.AspNetCore.Authentication.Google;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace Wyckoff.Api.Access;

/// <summary>Keeps secrets out of the logs, whatever log levels are configured.</summary>
internal static class SecretLogs
{
    private static readonly (string Category, LogLevel Lowest)[] Categories =
    [
        // At lower levels these log the address of each request, in which a client may have put its key by mistake, and the first line of
        // a malformed one.
        ("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning),
        ("Microsoft.AspNetCore.Server.Kestrel.BadRequests", LogLevel.Warning),
        // These log cookies, redirects and what the provider says of a person, and errors with id tokens that cannot be read.
        (typeof(GoogleHandler).FullName!, LogLevel.Warning),
        (typeof(OpenIdConnectHandler).FullName!, LogLevel.None),
    ];

    public static void Silence(IServiceCollection services) =>
        services.PostConfigure<LoggerFilterOptions>(filter =>
        {
            // Of several rules for a provider and a category the last one applies, and a rule for the provider comes before all others.
            string?[] providers =
            [
                null,
                .. filter.Rules.Select(rule => rule.ProviderName).OfType<string>().Distinct(StringComparer.Ordinal),
            ];
            foreach (var (category, lowest) in Categories)
            {
                foreach (var provider in providers)
                {
                    filter.Rules.Add(new(provider, category, lowest, null));
                }
            }
        });
}
