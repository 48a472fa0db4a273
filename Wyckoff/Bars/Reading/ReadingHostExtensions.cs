using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wyckoff.Bars.Caching;

namespace Wyckoff.Bars.Reading;

public static class ReadingHostExtensions
{
    /// <summary>
    /// Adds the cache of recent bars. Requires <see cref="WyckoffHostExtensions.AddWyckoff"/>, which adds the reader of bars.
    /// </summary>
    public static TBuilder AddReading<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddSingleton<BarCache>();
        builder.Services.AddHostedService<CacheRenewal>();
        return builder;
    }
}
