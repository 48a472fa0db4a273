using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Wyckoff.ServiceDefaults;

/// <summary>Keeps secrets out of the logs, whatever log levels are configured.</summary>
public static class SecretLogs
{
    private static readonly (string Category, LogLevel Lowest)[] Categories =
    [
        // At lower levels these log the address of each request, in which a client may have put its key by mistake, and the first line of
        // a malformed one.
        ("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning),
        ("Microsoft.AspNetCore.Server.Kestrel.BadRequests", LogLevel.Warning),
        // These log the addresses of requests that a service sends or passes on, of which the answer of a sign-in has a code.
        ("Yarp.ReverseProxy", LogLevel.Warning),
        ("System.Net.Http.HttpClient", LogLevel.Warning),
    ];

    /// <summary>Sets the lowest levels of the categories that log secrets: of those here, and of a service's own.</summary>
    public static void SilenceSecrets(this IServiceCollection services, params (string Category, LogLevel Lowest)[] more) =>
        services.PostConfigure<LoggerFilterOptions>(filter =>
        {
            // Of several rules for a provider and a category the last one applies, and a rule for the provider comes before all others.
            string?[] providers =
            [
                null,
                .. filter.Rules.Select(rule => rule.ProviderName).OfType<string>().Distinct(StringComparer.Ordinal),
            ];
            foreach (var (category, lowest) in Categories.Concat(more))
            {
                foreach (var provider in providers)
                {
                    filter.Rules.Add(new(provider, category, lowest, null));
                }
            }
        });
}
