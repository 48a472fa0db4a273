using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Wyckoff.ServiceDefaults;

public static class ServiceRun
{
    /// <summary>
    /// Runs until asked to stop, and returns the exit code: 1 where the service could not start or a background service has failed. Stderr
    /// has one line where the message of the exception explains the reason, and otherwise the whole stack trace.
    /// </summary>
    /// <param name="app">The service.</param>
    /// <param name="isRefusal">Which exceptions of the domain are explained by their message.</param>
    public static async Task<int> RunToEndAsync(this WebApplication app, Func<Exception, bool>? isRefusal = null)
    {
        var name = app.Environment.ApplicationName; // not to be asked any more once the host has failed
        try
        {
            await using (app)
            {
                var services = await RunAsync(app);
                // On .NET 10 the host logs the exception of a background service and stops, and then the process ends with 0.
                var exitCode = 0;
                foreach (var service in services)
                {
                    if (service.ExecuteTask is { IsFaulted: true, Exception.InnerException: { } fault })
                    {
                        exitCode = 1;
                        await SayAsync(name, $"{service.GetType().Name} has failed: {OneLine(fault)} (the log has its stack trace)");
                    }
                }

                return exitCode;
            }
        }
        catch (Exception e)
        {
            await SayAsync(name, Explain(e, isRefusal));
            return 1;
        }
    }

    /// <summary>The message in one line, where it explains the exception; otherwise everything, with the stack trace.</summary>
    public static string Explain(Exception exception, Func<Exception, bool>? isRefusal = null) =>
        IsRefusal(exception, isRefusal) ? OneLine(exception) : exception.ToString();

    /// <summary>
    /// Whether the message alone explains why the program does not go on: for a reason of the domain, or for one that any service may have,
    /// such as an option that is wrong or a port that is taken.
    /// </summary>
    public static bool IsRefusal(Exception exception, Func<Exception, bool>? ofDomain = null) =>
        exception switch
        {
            _ when ofDomain?.Invoke(exception) == true => true,
            OptionsValidationException => true,
            IOException { InnerException: AddressInUseException } => true,
            // A value that cannot be converted to the type of its option; the message names both.
            InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => true,
            // Of several sections that are wrong, the host reports all.
            AggregateException { InnerExceptions: var all } => all.All(inner => IsRefusal(inner, ofDomain)),
            _ => false,
        };

    /// <summary>
    /// Returns the background services that ran. They cannot be asked for afterwards: whoever stopped the service may have disposed it.
    /// </summary>
    private static async Task<BackgroundService[]> RunAsync(WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        try
        {
            await app.StartAsync(CancellationToken.None);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop before it had started, perhaps because one of them has failed.
        }

        var services = app.Services.GetServices<IHostedService>().OfType<BackgroundService>().ToArray();
        await app.WaitForShutdownAsync(CancellationToken.None);
        return services;
    }

    private static string OneLine(Exception exception) => exception.Message.ReplaceLineEndings(" ");

    private static Task SayAsync(string name, string text) => Console.Error.WriteLineAsync($"{name}: {text}");
}
