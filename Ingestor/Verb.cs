using Wyckoff.ServiceDefaults;

namespace Wyckoff.Ingestor;

/// <summary>Runs a verb with the same services as the long-running process, but without its listeners and workers.</summary>
internal static class Verb
{
    public static Task<int> RunAsync(WebApplicationBuilder builder, Func<IServiceProvider, CancellationToken, Task> action) =>
        RunAsync(
            builder,
            async (services, token) =>
            {
                await action(services, token);
                return 0;
            }
        );

    /// <summary>Runs a verb that returns its exit code.</summary>
    public static async Task<int> RunAsync(WebApplicationBuilder builder, Func<IServiceProvider, CancellationToken, Task<int>> action)
    {
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        await using var app = builder.Build();
        var stopping = app.Lifetime.ApplicationStopping;
        try
        {
            await app.StartAsync(stopping);
            var exitCode = await action(app.Services, stopping);
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
