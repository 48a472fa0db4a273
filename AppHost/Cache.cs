using Wyckoff.LocalServers;

namespace Wyckoff.AppHost;

internal static class CacheBuilderExtensions
{
    private const string Name = "cache";
    private const int UsualPort = 6379;

    /// <summary>Adds Redis where it is to run, under the same name everywhere.</summary>
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
                    .AddLocalRedis(Name, home, await home.PortAsync("redis", UsualPort, cancellationToken), password)
                    .WithIconName("Flash");

            default:
                return builder.AddConnectionString(Name);
        }
    }
}
