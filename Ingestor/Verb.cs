using Wyckoff.ServiceDefaults;

namespace Wyckoff.Ingestor;

/// <summary>Runs one piece of work and ends: the same services as the long-running process has, without its listeners and workers.</summary>
internal static class Verb
{
    public static Task<int> RunAsync(WebApplicationBuilder builder, Func<IServiceProvider, CancellationToken, Task> work) =>
        RunAsync(
            builder,
            async (services, token) =>
            {
                await work(services, token);
                return 0;
            }
        );

    /// <summary>Work that says with which code to exit.</summary>
    public static async Task<int> RunAsync(WebApplicationBuilder builder, Func<IServiceProvider, CancellationToken, Task<int>> work)
    {
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        await using var app = builder.Build();
        var stopping = app.Lifetime.ApplicationStopping;
        try
        {
            await app.StartAsync(stopping);
            var exitCode = await work(app.Services, stopping);
            await app.StopAsync(CancellationToken.None);
            return exitCode;
        }
        catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            await app.StopAsync(CancellationToken.None);
            await Console.Error.WriteLineAsync("ingestor: " + ServiceRun.Explain(e, RefusalException.IsRefusal));
            return 1;
        }
    }
}
