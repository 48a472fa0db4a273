using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Wyckoff.Api;
using Wyckoff.Bars.Writing;

namespace Wyckoff.Tests.Api.Streams;

/// <summary>The API on its own port. Back-pressure and aborted connections can only be tested on real sockets.</summary>
internal sealed class StreamServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StreamServer(WebApplication app) =>
        (_app, Url, Client) = (
            app,
            new(app.Urls.Single()),
            new() { BaseAddress = new(app.Urls.Single()), Timeout = Timeout.InfiniteTimeSpan }
        );

    public Uri Url { get; }

    public HttpClient Client { get; }

    /// <summary>A writer that announces changes on this server's Redis.</summary>
    public BarWriter Writer => _app.Services.GetRequiredService<BarWriter>();

    public IServiceProvider Services => _app.Services;

    public static async Task<StreamServer> StartAsync(string database, string? cache = null, params (string Key, string Value)[] settings)
    {
        var app = ApiHost.Create(
            [
                "--urls=http://127.0.0.1:0",
                $"--ConnectionStrings:wyckoff={database}",
                $"--ConnectionStrings:cache={cache}",
                "--Wyckoff:Api:RateLimit:Enabled=false",
                "--Wyckoff:Cache:MaxVersionAge=00:00:00",
                "--Wyckoff:Access=local",
                .. settings.Select(setting => $"--{setting.Key}={setting.Value}"),
            ],
            builder => builder.Logging.ClearProviders()
        );
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new(app);
    }

    public Task<EventClient> OpenAsync(string path, string? lastEventId = null) => EventClient.OpenAsync(Client, path, lastEventId);

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
