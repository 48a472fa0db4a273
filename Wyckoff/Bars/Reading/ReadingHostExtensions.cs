using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wyckoff.Bars.Caching;

namespace Wyckoff.Bars.Reading;

public static class ReadingHostExtensions
{
    /// <summary>Reading bars, and keeping the recent ones at hand. On what AddWyckoff brings.</summary>
    public static TBuilder AddReading<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddOptions<CacheOptions>().BindConfiguration(CacheOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<BarReader>();
        builder.Services.AddSingleton<WindowVersions>();
        builder.Services.AddSingleton<BarCache>();
        builder.Services.AddHostedService<CacheRenewal>();
        return builder;
    }
}
