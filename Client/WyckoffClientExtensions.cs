using Microsoft.Extensions.DependencyInjection;

namespace Wyckoff.Client;

/// <summary>Registers the client.</summary>
public static class WyckoffClientExtensions
{
    /// <summary>Registers <see cref="WyckoffClient"/> for an address such as http://localhost:5080.</summary>
    public static IHttpClientBuilder AddWyckoffClient(this IServiceCollection services, Uri address, string? key = null) =>
        services.AddHttpClient<WyckoffClient>(client =>
        {
            client.BaseAddress = address;
            client.DefaultRequestHeaders.Authorization = key is null ? null : new("Bearer", key);
        });
}
