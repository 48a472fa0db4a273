using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Wyckoff.Bars.Streaming;

public static class StreamHostExtensions
{
    /// <summary>What passes changes of bars on to whoever listens.</summary>
    public static TBuilder AddStreams<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddOptions<StreamOptions>().BindConfiguration(StreamOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<BarHub>();
        builder.Services.AddHostedService(services => services.GetRequiredService<BarHub>());
        return builder;
    }
}
