using Wyckoff.LocalServers;

namespace Wyckoff.AppHost;

/// <summary>Adds Redis to the composition.</summary>
internal static class CacheBuilderExtensions
{
    private const string Name = "cache";
    private const int PreferredPort = 6379;

    /// <summary>
    /// Adds Redis as a container, a local process or a given server. The connection string has the same name in each case.
    /// </summary>
    public static async Task<IResourceBuilder<IResourceWithConnectionString>> AddCacheAsync(
        this IDistributedApplicationBuilder builder,
        DataHome home,
        AppHostOptions options,
        CancellationToken cancellationToken
    )
    {
        switch (builder.Choose(Name, "Redis", options))
        {
            case Placement.Containers:
                return builder
                    .AddRedis(Name, password: builder.AddPassword("cache-password", home, "redis"))
                    .WithIconName("Flash")
                    .WithImageTag(Images.RedisTag);

            case Placement.Local:
                await new ServerLocator(home.Home, Console.WriteLine).FindRedisAsync(cancellationToken);
                var password = builder.AddPassword("cache-password", home, "redis");
                return builder
                    .AddLocalRedis(Name, home, await home.PortAsync("redis", PreferredPort, cancellationToken), password)
                    .WithIconName("Flash");

            default:
                return builder.AddConnectionString(Name);
        }
    }
}
