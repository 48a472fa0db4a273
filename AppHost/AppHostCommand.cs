using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wyckoff.LocalServers;

namespace Wyckoff.AppHost;

/// <summary>Parses the options and runs the composition. A reason not to start becomes one line on stderr and exit code 1.</summary>
internal static class AppHostCommand
{
    public static async Task<int> RunAsync(string[] args, Func<AppHostOptions, CancellationToken, Task> compose)
    {
        // Aspire's host handles signals only once it runs. This handler lets Ctrl+C cancel the installation of servers before that.
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += Interrupt;
        try
        {
            var (options, exitCode) = await AppHostOptions.ParseAsync(args);
            if (options is null)
            {
                return exitCode;
            }

            await compose(options, stop.Token);
            return Environment.ExitCode;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception e) when (e is AppHostException or LocalServerException or DistributedApplicationException)
        {
            await Console.Error.WriteLineAsync("wyckoff: " + e.Message.ReplaceLineEndings(" "));
            return 1;
        }
        finally
        {
            Console.CancelKeyPress -= Interrupt;
        }

        void Interrupt(object? sender, ConsoleCancelEventArgs e)
        {
            e.Cancel = true;
            stop.Cancel();
        }
    }

    /// <summary>
    /// Runs until the host stops or the manifest is written, and throws if a background service failed. Publishing is a background
    /// service. On .NET 10 a host exits with 0 when its background service throws, which would hide a failed publish from a pipeline.
    /// </summary>
    public static async Task RunToEndAsync(this DistributedApplication application, CancellationToken cancellationToken)
    {
        await application.RunAsync(cancellationToken);
        var failed = application
            .Services.GetServices<IHostedService>()
            .OfType<BackgroundService>()
            .FirstOrDefault(service => service.ExecuteTask is { IsFaulted: true });
        if (failed?.ExecuteTask?.Exception?.InnerException is { } fault)
        {
            throw new AppHostException(fault.Message);
        }
    }
}
