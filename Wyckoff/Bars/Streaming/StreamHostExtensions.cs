using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Wyckoff.Bars.Streaming;

public static class StreamHostExtensions
{
    /// <summary>Adds the <see cref="BarHub"/>, which tells subscriptions when bars change.</summary>
    public static TBuilder AddStreams<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddOptions<StreamOptions>().BindConfiguration(StreamOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<BarHub>();
        builder.Services.AddHostedService(services => services.GetRequiredService<BarHub>());
        return builder;
    }
}
