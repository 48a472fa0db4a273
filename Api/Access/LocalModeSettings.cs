using Microsoft.Extensions.Options;
using Wyckoff.Api.Pipeline;
using Wyckoff.ServiceDefaults;

namespace Wyckoff.Api.Access;

/// <summary>Refuses settings of a public service in local mode, in which nobody signs in.</summary>
internal static class LocalModeSettings
{
    public static void Validate(IServiceCollection services)
    {
        services
            .AddOptions<ApiOptions>()
            .Validate<IOptions<AccessOptions>>(
                (api, access) => !access.Value.IsLocal || (api.Hosts.Length == 0 && api.Proxies.Length == 0),
                $"{ApiOptions.Section}:{nameof(ApiOptions.Hosts)} and {nameof(ApiOptions.Proxies)} need "
                    + $"{AccessModes.Key}={AccessModes.Keys}: with {AccessModes.Local} the service is for this machine only."
            );
        services
            .AddOptions<CorsOptions>()
            .Validate<IOptions<AccessOptions>>(
                (cors, access) => !access.Value.IsLocal || !cors.Origins.Contains(CorsOptions.Any, StringComparer.Ordinal),
                $"{CorsOptions.Section}:{nameof(CorsOptions.Origins)} * needs {AccessModes.Key}={AccessModes.Keys}: "
                    + $"with {AccessModes.Local} every web site could read everything. Name the origins."
            );
    }
}
