namespace Wyckoff.Api.Access;

/// <summary>
/// Keeps the addresses of requests out of the logs whatever log levels are configured: a client may have put its key there by mistake.
/// </summary>
internal static class AddressLogs
{
    // At the levels Debug and Information these log the address of each request, and the first line of a malformed one.
    private static readonly string[] Categories =
    [
        "Microsoft.AspNetCore.Hosting.Diagnostics",
        "Microsoft.AspNetCore.Server.Kestrel.BadRequests",
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
            foreach (var category in Categories)
            {
                foreach (var provider in providers)
                {
                    filter.Rules.Add(new(provider, category, LogLevel.Warning, null));
                }
            }
        });
}
