using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Wyckoff.ServiceDefaults;

/// <summary>Runs a service and turns failures into an exit code and a line on stderr.</summary>
public static class ServiceRun
{
    /// <summary>
    /// Runs the service until it is stopped, and returns the exit code: 1 if it could not start or a background service failed. Stderr
    /// gets one line if the message of the exception explains the failure, otherwise the stack trace.
    /// </summary>
    /// <param name="app">The service.</param>
    /// <param name="isRefusal">True for domain exceptions whose message explains the failure.</param>
    public static async Task<int> RunToEndAsync(this WebApplication app, Func<Exception, bool>? isRefusal = null)
    {
        var name = app.Environment.ApplicationName; // The environment cannot be read after the host has failed and is disposed.
        try
        {
            await using (app)
            {
                var services = await RunAsync(app);
                // On .NET 10 the host logs the exception of a background service and stops, but the process would exit with 0.
                var exitCode = 0;
                foreach (var service in services)
                {
                    if (service.ExecuteTask is { IsFaulted: true, Exception.InnerException: { } fault })
                    {
                        exitCode = 1;
                        await WriteErrorAsync(name, $"{service.GetType().Name} has failed: {OneLine(fault)} (the log has its stack trace)");
                    }
                }

                return exitCode;
            }
        }
        catch (Exception e)
        {
            await WriteErrorAsync(name, Explain(e, isRefusal));
            return 1;
        }
    }

    /// <summary>Returns the message in one line if it explains the exception, otherwise the exception with its stack trace.</summary>
    public static string Explain(Exception exception, Func<Exception, bool>? isRefusal = null) =>
        IsRefusal(exception, isRefusal) ? OneLine(exception) : exception.ToString();

    /// <summary>
    /// True if the message alone explains why the program ends: a domain reason, or a reason that any service can have, such as an
    /// invalid option or a port in use.
    /// </summary>
    public static bool IsRefusal(Exception exception, Func<Exception, bool>? ofDomain = null) =>
        exception switch
        {
            _ when ofDomain?.Invoke(exception) == true => true,
            OptionsValidationException => true,
            IOException { InnerException: AddressInUseException } => true,
            // A configuration value cannot be converted to the type of its option. The message names both.
            InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => true,
            // The host reports all invalid sections together.
            AggregateException { InnerExceptions: var all } => all.All(inner => IsRefusal(inner, ofDomain)),
            _ => false,
        };

    /// <summary>
    /// Runs the service and returns its background services. They are resolved before it stops, because it may be disposed afterwards.
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
            // The service was stopped while it was starting, for example because a background service failed.
        }

        var services = app.Services.GetServices<IHostedService>().OfType<BackgroundService>().ToArray();
        await app.WaitForShutdownAsync(CancellationToken.None);
        return services;
    }

    private static string OneLine(Exception exception) => exception.Message.ReplaceLineEndings(" ");

    private static Task WriteErrorAsync(string name, string text) => Console.Error.WriteLineAsync($"{name}: {text}");
}
